import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { migrateLocal } from "../../src/commands/local-migrations.ts";

const databaseFolder = join("v3", "d1", "miniflare-D1DatabaseObject");

/** Keeps its files as wrangler does, and appends a letter to `runs` each time that it migrates. */
const fakeWrangler = `
  const { appendFileSync, mkdirSync, readdirSync } = require("node:fs");
  const { join } = require("node:path");
  const { DatabaseSync } = require("node:sqlite");
  const folder = join(process.argv.at(-1), ${JSON.stringify(databaseFolder)});
  mkdirSync(folder, { recursive: true });
  new DatabaseSync(join(folder, "metadata.sqlite")).exec("CREATE TABLE IF NOT EXISTS alarms (at)");
  const database = new DatabaseSync(join(folder, "${"0".repeat(64)}.sqlite"));
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS d1_migrations (name TEXT UNIQUE)");
  for (const name of readdirSync("migrations").filter((name) => name.endsWith(".sql"))) {
    database.prepare("INSERT OR IGNORE INTO d1_migrations VALUES (?)").run(name);
  }
  appendFileSync(join(process.argv.at(-1), "runs"), "x");
`;

function freshState() {
  const stateDir = mkdtempSync(join(tmpdir(), "pairline-migrations-"));
  onTestFinished(() => rmSync(stateDir, { recursive: true }));
  const wrangler = join(stateDir, "wrangler.cjs");
  writeFileSync(wrangler, fakeWrangler);
  const runs = join(stateDir, "runs");
  return {
    folder: join(stateDir, databaseFolder),
    database: join(stateDir, databaseFolder, `${"0".repeat(64)}.sqlite`),
    /** Migrates if it must; answers how often wrangler ran since the state began. */
    migrate: () => {
      expect(migrateLocal(wrangler, stateDir, process.env)).toBeUndefined();
      return existsSync(runs) ? readFileSync(runs, "utf8").length : 0;
    },
  };
}

test("a local D1 that has every migration is not migrated again", () => {
  const { migrate } = freshState();
  expect([migrate(), migrate(), migrate()]).toEqual([1, 1, 1]);
});

test("a local D1 file that was deleted is migrated again at the next start", () => {
  const { database, migrate } = freshState();
  migrate();
  for (const suffix of ["", "-wal", "-shm"]) {
    rmSync(`${database}${suffix}`, { force: true });
  }
  expect([migrate(), existsSync(database), migrate()]).toEqual([2, true, 2]);
});

test("a local D1 file that was emptied, or replaced by an older one, is migrated again", () => {
  const { database, migrate } = freshState();
  migrate();
  for (const suffix of ["-wal", "-shm"]) {
    rmSync(`${database}${suffix}`, { force: true });
  }
  writeFileSync(database, "");
  expect([migrate(), migrate()]).toEqual([2, 2]);
});

test("a copy of a migrated state needs no migration of its own", () => {
  const { folder, migrate } = freshState();
  const copy = freshState();
  migrate();
  cpSync(folder, copy.folder, { recursive: true });
  expect(copy.migrate()).toBe(0);
});

test("what wrangler says of a failed migration is returned, and nothing is noted", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "pairline-migrations-"));
  onTestFinished(() => rmSync(stateDir, { recursive: true }));
  const wrangler = join(stateDir, "wrangler.cjs");
  writeFileSync(wrangler, `console.error("no such table"); process.exit(1)`);
  expect(migrateLocal(wrangler, stateDir, process.env)).toContain("no such table");
  expect(existsSync(join(stateDir, databaseFolder))).toBe(false);
});
