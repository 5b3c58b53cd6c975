// Runs once before all tests of a project: a state whose D1 has its tables, for each test's Worker to begin with a copy of.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { projectDir } from "../../src/commands/local.ts";
import { migrateLocal } from "../../src/commands/local-migrations.ts";

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stateDir = await migratedState();
  project.provide("migratedState", stateDir);
  return () => rm(stateDir, { recursive: true, force: true });
}

/** A new folder of wrangler's state, whose D1 has its tables. */
export async function migratedState(): Promise<string> {
  const stateDir = await mkdtemp(join(tmpdir(), "pairline-migrated-"));
  const wrangler = join(projectDir, "node_modules", "wrangler", "bin", "wrangler.js");
  const environment = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" };
  const failed = migrateLocal(wrangler, stateDir, environment);
  if (failed !== undefined) {
    throw new Error(`the local D1 could not be migrated:\n${failed}`);
  }
  return stateDir;
}
