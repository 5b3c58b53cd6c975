import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectDir } from "./local.ts";

/** Where wrangler keeps the local D1, below the folder of its state. */
const databaseFolder = join("v3", "d1", "miniflare-D1DatabaseObject");

/**
 * Brings the local D1 up to date. To ask wrangler takes seconds, so what was applied is noted beside the database.
 * Returns what wrangler says where it failed.
 */
export function migrateLocal(
  wrangler: string,
  stateDir: string,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const note = join(stateDir, databaseFolder, "migrated.txt");
  const wanted = migrations();
  if (hasDatabase(stateDir) && existsSync(note) && readFileSync(note, "utf8") === wanted) {
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
  writeFileSync(note, wanted);
  return undefined;
}

/** Changes with every migration, and with what wrangler.toml says of the database. */
function migrations(): string {
  const files = readdirSync(join(projectDir, "migrations")).filter((name) => name.endsWith(".sql"));
  const configuration = readFileSync(join(projectDir, "wrangler.toml"));
  return [...files.toSorted(), createHash("sha256").update(configuration).digest("hex"), ""].join("\n");
}

function hasDatabase(stateDir: string): boolean {
  const folder = join(stateDir, databaseFolder);
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(".sqlite"));
}
