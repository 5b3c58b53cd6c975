import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { projectDir } from "./local.ts";

/** Where wrangler keeps the local D1, below the folder of its state. */
const databaseFolder = join("v3", "d1", "miniflare-D1DatabaseObject");

/**
 * Brings the local D1 up to date, also after its file was deleted or replaced. Asking wrangler takes seconds, so the
 * files that it migrated are noted beside them, and read here. Returns what wrangler says if it failed.
 */
export function migrateLocal(
  wrangler: string,
  stateDir: string,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const folder = join(stateDir, databaseFolder);
  const note = join(folder, "migrated.txt");
  const databases = migratedDatabases(folder);
  if (databases.length > 0 && existsSync(note) && readFileSync(note, "utf8") === noteOf(databases)) {
    return undefined;
  }
  const applied = spawnSync(
    process.execPath,
    [wrangler, "d1", "migrations", "apply", "DB", "--local", "--persist-to", stateDir],
    { cwd: projectDir, env: environment, encoding: "utf8" },
  );
  if (applied.status !== 0) {
    return applied.stdout + applied.stderr;
  }
  writeFileSync(note, noteOf(migratedDatabases(folder)));
  return undefined;
}

/** Changes with what wrangler.toml says of the database, which names its file, and with the files that are migrated. */
function noteOf(databases: readonly string[]): string {
  const configuration = readFileSync(join(projectDir, "wrangler.toml"));
  return [createHash("sha256").update(configuration).digest("hex"), ...databases, ""].join("\n");
}

/** The names of the database files that have every migration. */
function migratedDatabases(folder: string): string[] {
  const migrations = readdirSync(join(projectDir, "migrations")).filter((name) => name.endsWith(".sql"));
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files
    .filter((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite")
    .filter((name) => {
      const applied = appliedMigrations(join(folder, name));
      return migrations.every((migration) => applied.has(migration));
    })
    .toSorted();
}

/** None for a file that cannot be read or has no tables: wrangler then says what is wrong with it, or migrates it. */
function appliedMigrations(path: string): Set<unknown> {
  try {
    using database = new DatabaseSync(path, { readOnly: true });
    const rows = database.prepare("SELECT name FROM d1_migrations").all();
    return new Set(rows.map(({ name }) => name));
  } catch {
    return new Set();
  }
}
