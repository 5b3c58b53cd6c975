import { runCrash, type CrashOutcome } from "./run.ts";
import type { PlantedBug } from "./planted-bugs.ts";

/** Kills a Worker with a planted bug until the bug's counter sees it, or for `kills` in vain. */
export function runPlanted(
  { planted, caughtBy }: PlantedBug,
  seed: number,
  kills: number,
): Promise<CrashOutcome> {
  return runCrash({
    seed,
    kills,
    killsPerRound: 2,
    conversations: 3,
    planted,
    // Clients of a broken Worker may never come to rest.
    patienceMs: 5_000,
    isEnough: (counters) => counters[caughtBy] > 0,
  });
}
