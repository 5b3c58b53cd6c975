import { getTableConfig } from "drizzle-orm/sqlite-core";
import { expect, test } from "vitest";
import { probe } from "../../src/archive/read.ts";
import { tables } from "../../src/archive/schema.ts";
import { SqliteD1 } from "./sqlite-d1.ts";

/** What the probe finds after this was done to a database that was migrated. */
function found(statement?: string): Promise<string> {
  const d1 = new SqliteD1();
  if (statement !== undefined) {
    d1.rows(statement);
  }
  return probe(d1.binding);
}

test("[AR2] an archive that lacks any table or column that the code needs is not migrated", async () => {
  expect(await found()).toBe("ok");
  for (const table of tables) {
    const { name, columns } = getTableConfig(table);
    expect([name, await found(`ALTER TABLE ${name} RENAME TO other`)]).toEqual([name, "not_migrated"]);
    for (const column of columns) {
      const renamed = await found(`ALTER TABLE ${name} RENAME COLUMN ${column.name} TO other`);
      expect([name, column.name, renamed]).toEqual([name, column.name, "not_migrated"]);
    }
  }
});
