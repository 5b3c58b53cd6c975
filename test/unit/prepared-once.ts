import type { DatabaseSync, StatementSync } from "node:sqlite";

export interface Prepared {
  readonly statement: StatementSync;
  /** The names of the columns that it answers; none where it only writes. */
  readonly columns: readonly string[];
}

/** Prepares each text once for a database, as workerd does: preparing costs more than most statements. */
export function preparedOnce(database: DatabaseSync): (query: string) => Prepared {
  const known = new Map<string, Prepared>();
  return (query) => {
    const prepared = known.get(query) ?? prepare(database, query);
    known.set(query, prepared);
    return prepared;
  };
}

function prepare(database: DatabaseSync, query: string): Prepared {
  const statement = database.prepare(query);
  return { statement, columns: statement.columns().map(({ name }) => name) };
}
