import type { Env } from "../../src/env.ts";
import { seededRandom } from "../seeded-random.ts";
import { interceptD1, type D1Interceptor } from "./d1-calls.ts";

/** How D1 behaves: as it is; 50–500 ms late; one call in three fails; every call fails; no call ever returns. */
export type D1Mode = "well" | "slow" | "flaky" | "down" | "hanging";

export interface FaultyD1 {
  mode: D1Mode;
  /** Calls that were not made while all was well. */
  readonly disturbed: () => number;
  readonly restore: () => void;
}

/** Makes D1 behave as `mode` says, until `restore`. Chance comes from `seed`, so a failure repeats. */
export function faultyD1(database: Env["DB"], mode: D1Mode, seed: number): FaultyD1 {
  const random = seededRandom(seed);
  let disturbed = 0;
  const behave: Record<D1Mode, D1Interceptor> = {
    well: (call) => call(),
    slow: async (call) => {
      await scheduler.wait(50 + Math.floor(450 * random()));
      return call();
    },
    // Half of the failures lose only the answer: what was asked for happened.
    flaky: async (call) => {
      const luck = random() * 6;
      if (luck >= 2) {
        return call();
      }
      return luck < 1 ? fail() : call().then(fail);
    },
    down: async () => fail(),
    hanging: () => new Promise<never>(() => {}),
  };
  const restore = interceptD1(database, async (call) => {
    disturbed += faulty.mode === "well" ? 0 : 1;
    return behave[faulty.mode](call);
  });
  const faulty: FaultyD1 = { mode, disturbed: () => disturbed, restore };
  return faulty;
}

function fail(): never {
  throw new Error("D1_ERROR: network connection lost");
}
