import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { preparedOnce } from "./prepared-once.ts";
import { dumpOf, restoreTo, type Dump } from "./sqlite-dump.ts";

const migrationsDir = join(import.meta.dirname, "..", "..", "migrations");
const migrations = readdirSync(migrationsDir)
  .filter((name) => name.endsWith(".sql"))
  .map((file) => readFileSync(join(migrationsDir, file), "utf8"));

/** D1 in plain Node, as far as Drizzle calls it, on Node's SQLite with the project's own migrations. */
export class SqliteD1 {
  readonly #database = new DatabaseSync(":memory:");
  readonly #prepared = preparedOnce(this.#database);
  /** While true every call fails. */
  isDown = false;
  /** Waited for before and after each call: how long it is under way. */
  delay: () => Promise<void> = () => Promise.resolve();
  /** Calls that are answered before the next one fails, or undefined for all. */
  answersLeft: number | undefined;

  /** How many there were: the archive's writes. */
  batches = 0;

  constructor() {
    migrations.forEach((migration) => this.#database.exec(migration));
  }

  /** The binding, with only the members that the archive reaches through Drizzle. */
  get binding(): D1Database {
    const database = {
      prepare: (query: string) => this.#prepare(query, []),
      batch: async (statements: { all(): unknown }[]) => {
        await this.delay();
        this.#answer();
        this.batches += 1;
        this.#database.exec("SAVEPOINT batch");
        const results = statements.map((statement) => statement.all());
        this.#database.exec("RELEASE batch");
        await this.delay();
        return Promise.all(results);
      },
      withSession: () => database,
    };
    return database as unknown as D1Database;
  }

  rows(query: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    return this.#prepared(query).statement.all(...values);
  }

  /** From now on everything can be undone at once. */
  mark(): void {
    this.#database.exec("SAVEPOINT mark");
  }

  /** Goes back to the mark, in a moment however much there is. */
  rollBack(): void {
    this.#database.exec("ROLLBACK TO mark; RELEASE mark");
  }

  dump(): Dump {
    return dumpOf(this.#database);
  }

  restore(dump: Dump): void {
    restoreTo(this.#database, dump);
  }

  #prepare(query: string, values: readonly SQLInputValue[]): unknown {
    return {
      bind: (...bound: SQLInputValue[]) => this.#prepare(query, bound),
      // Inside a batch the outage was decided by the batch itself.
      all: () => {
        const { statement, columns } = this.#prepared(query);
        const results = columns.length > 0 ? statement.all(...values) : (statement.run(...values), []);
        return { success: true, results, meta: {} };
      },
      run: async () => {
        await this.delay();
        this.#answer();
        this.#prepared(query).statement.run(...values);
        await this.delay();
        return { success: true, results: [], meta: {} };
      },
      raw: async () => {
        await this.delay();
        this.#answer();
        const { statement } = this.#prepared(query);
        // Of two columns with one name a row as an object would have one.
        statement.setReturnArrays(true);
        const rows = statement.all(...values);
        statement.setReturnArrays(false);
        await this.delay();
        return rows;
      },
    };
  }

  #answer(): void {
    if (this.answersLeft !== undefined) {
      this.answersLeft -= 1;
    }
    if (this.isDown || (this.answersLeft !== undefined && this.answersLeft < 0)) {
      throw new Error("D1_ERROR: Network connection lost.");
    }
  }
}
