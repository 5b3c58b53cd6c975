// Runs once before the journeys that need a browser: builds the past, for the Worker of each file to begin with a copy.
import { existsSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import type { TestProject } from "vitest/node";
import { migratedState } from "../../e2e/migrated-state.ts";
import { freshPlace } from "../../e2e/local-worker.ts";
import { fillWithPast } from "./past.ts";

/** A folder to keep the past in from run to run, for a developer who writes journeys. */
const keptIn = process.env["JOURNEYS_PAST"];

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (keptIn !== undefined && existsSync(keptIn)) {
    project.provide("pastState", keptIn);
    return async () => {};
  }
  const migrated = await migratedState();
  const place = await freshPlace({}, migrated);
  await rm(migrated, { recursive: true, force: true });
  await fillWithPast(place);
  if (keptIn !== undefined) {
    await cp(place.stateDir, keptIn, { recursive: true });
  }
  project.provide("pastState", place.stateDir);
  return () => place.remove();
}
