import { runCrash, type CrashOutcome } from "./run.ts";
import type { PlantedBug } from "./planted-bugs.ts";

/** Kills a Worker with planted bugs until the counter of each sees it, or for `kills` in vain. */
export function runPlanted(bugs: readonly PlantedBug[], seed: number, kills: number): Promise<CrashOutcome> {
  return runCrash({
    seed,
    kills,
    killsPerRound: 2,
    conversations: 3,
    planted: bugs.flatMap(({ planted }) => planted),
    // Clients of a broken Worker may never come to rest.
    patienceMs: 5_000,
    isEnough: (counters) => bugs.every(({ caughtBy }) => counters[caughtBy] > 0),
  });
}
