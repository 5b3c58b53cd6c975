import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { LogStorage } from "../../src/conversation/log.ts";
import type { SqlRow, SqlValue } from "../../src/conversation/log-schema.ts";

type Dump = readonly { readonly table: string; readonly create: string; readonly rows: readonly SqlRow[] }[];

/** An object's storage in plain Node: the same SQL on Node's SQLite, nested transactions as savepoints. */
export class SqliteStorage implements LogStorage {
  readonly #database = new DatabaseSync(":memory:");
  #depth = 0;
  /** Rows that statements changed; index rows are not counted. */
  writes = 0;

  readonly sql = {
    exec: (query: string, ...bindings: SqlValue[]): Iterable<SqlRow> => {
      const statement = this.#database.prepare(query);
      const values = bindings as SQLInputValue[];
      if (statement.columns().length > 0) {
        return statement.iterate(...values) as Iterable<SqlRow>;
      }
      this.writes += Number(statement.run(...values).changes);
      return [];
    },
  };

  transactionSync<T>(run: () => T): T {
    const name = `level${this.#depth}`;
    this.#database.exec(`SAVEPOINT ${name}`);
    this.#depth += 1;
    try {
      const result = run();
      this.#database.exec(`RELEASE ${name}`);
      return result;
    } catch (error) {
      this.#database.exec(`ROLLBACK TO ${name}; RELEASE ${name}`);
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  /** Everything that is durable now. */
  dump(): Dump {
    const tables = this.#database.prepare(
      "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC",
    );
    return tables.all().map((entry) => {
      const table = String(entry["name"]);
      const isTable = String(entry["sql"]).startsWith("CREATE TABLE");
      const rows = isTable ? (this.#database.prepare(`SELECT * FROM ${table}`).all() as SqlRow[]) : [];
      return { table, create: String(entry["sql"]), rows };
    });
  }

  /** Goes back to what a dump holds, as a point-in-time recovery does. */
  restore(dump: Dump): void {
    this.#database.exec("DROP TABLE IF EXISTS messages; DROP TABLE IF EXISTS state");
    for (const { table, create, rows } of dump) {
      this.#database.exec(create);
      for (const row of rows) {
        const columns = Object.keys(row);
        const places = columns.map(() => "?").join(", ");
        const insert = this.#database.prepare(
          `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places})`,
        );
        insert.run(...(Object.values(row) as SQLInputValue[]));
      }
    }
  }
}
