import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { ObjectStorage } from "../../src/conversation/message-store.ts";
import type { SqlRow, SqlValue } from "../../src/conversation/message-store-schema.ts";
import { preparedOnce } from "./prepared-once.ts";
import { dumpOf, restoreTo, type Dump } from "./sqlite-dump.ts";

/** An object's storage in plain Node: the same SQL on Node's SQLite, nested transactions as savepoints. */
export class SqliteStorage implements ObjectStorage {
  readonly #database = new DatabaseSync(":memory:");
  readonly #prepared = preparedOnce(this.#database);
  #depth = 0;
  /** Rows that statements changed; index rows are not counted. */
  writes = 0;

  /** Steps (statements, starts and ends of transactions) that succeed before one fails; undefined for all. */
  stepsLeft: number | undefined;
  /** Whether all steps after the first failed one fail too. */
  failsForGood = false;
  /** Steps that failed. */
  faults = 0;

  /** A value whose statements always fail. */
  poison: string | undefined;

  readonly sql = {
    exec: (query: string, ...bindings: SqlValue[]): Iterable<SqlRow> => {
      this.#step();
      if (this.poison !== undefined && bindings.includes(this.poison)) {
        throw new Error("the storage refuses this value");
      }
      const { statement, columns } = this.#prepared(query);
      const values = bindings as SQLInputValue[];
      if (columns.length > 0) {
        return statement.all(...values) as SqlRow[];
      }
      this.writes += Number(statement.run(...values).changes);
      return [];
    },
  };

  transactionSync<T>(run: () => T): T {
    this.#step();
    const name = `level${this.#depth}`;
    this.#database.exec(`SAVEPOINT ${name}`);
    this.#depth += 1;
    try {
      const result = run();
      this.#step();
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
    return dumpOf(this.#database);
  }

  /** From now on everything can be undone at once. */
  mark(): void {
    this.#database.exec("SAVEPOINT mark");
  }

  /** Goes back to the mark, in a moment however much there is. */
  rollBack(): void {
    this.#database.exec("ROLLBACK TO mark; RELEASE mark");
  }

  /** Goes back to what a dump holds, as a point-in-time recovery does. */
  restore(dump: Dump): void {
    restoreTo(this.#database, dump);
  }

  #step(): void {
    if (this.stepsLeft === 0) {
      this.faults += 1;
      this.stepsLeft = this.failsForGood ? 0 : undefined;
      throw new Error("the storage failed");
    }
    if (this.stepsLeft !== undefined) {
      this.stepsLeft -= 1;
    }
  }
}
