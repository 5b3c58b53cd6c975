import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Miniflare } from "miniflare";
import { projectDir } from "../../src/commands/local.ts";

/** Makes the archive's tables, as `wrangler d1 migrations apply` would. */
export async function migrate(database: Awaited<ReturnType<Miniflare["getD1Database"]>>): Promise<void> {
  const folder = join(projectDir, "migrations");
  const files = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  for (const file of files.toSorted()) {
    for (const statement of readFileSync(join(folder, file), "utf8").split("--> statement-breakpoint")) {
      await database.prepare(statement).run();
    }
  }
}
