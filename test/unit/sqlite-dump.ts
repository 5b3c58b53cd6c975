import type { DatabaseSync, SQLInputValue } from "node:sqlite";

/** All tables and indexes of a database with their rows. */
export type Dump = readonly {
  readonly name: string;
  readonly create: string;
  readonly rows: readonly Record<string, SQLInputValue>[];
}[];

export function dumpOf(database: DatabaseSync): Dump {
  // Tables come before their indexes.
  const entries = database.prepare(
    "SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC",
  );
  return entries.all().map(({ name, type, sql }) => ({
    name: String(name),
    create: String(sql),
    rows:
      type === "table"
        ? (database.prepare(`SELECT * FROM ${String(name)}`).all() as Record<string, SQLInputValue>[])
        : [],
  }));
}

export function restoreTo(database: DatabaseSync, dump: Dump): void {
  for (const { name } of database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()) {
    database.exec(`DROP TABLE ${String(name)}`);
  }
  for (const { name, create, rows } of dump) {
    database.exec(create);
    for (const row of rows) {
      const columns = Object.keys(row);
      const places = columns.map(() => "?").join(", ");
      database
        .prepare(`INSERT INTO ${name} (${columns.join(", ")}) VALUES (${places})`)
        .run(...Object.values(row));
    }
  }
}
