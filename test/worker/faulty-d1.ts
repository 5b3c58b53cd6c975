import type { Env } from "../../src/env.ts";
import { interceptD1, type D1Answer } from "./d1-calls.ts";

/** How D1 behaves: as it is; 50–500 ms late; one call in three fails; every call fails; no call ever returns. */
export type D1Mode = "well" | "slow" | "flaky" | "down" | "hanging";

export interface FaultyD1 {
  mode: D1Mode;
  /** Calls since the start that did not get their answer. */
  readonly failures: () => number;
  readonly restore: () => void;
}

/** Makes D1 behave as `mode` says, until `restore`. Chance comes from `seed`, so a failure repeats. */
export function faultyD1(database: Env["DB"], mode: D1Mode, seed: number): FaultyD1 {
  const random = seededRandom(seed);
  let failures = 0;
  const fail = () => {
    failures += 1;
    throw new Error("D1_ERROR: network connection lost");
  };
  const restore = interceptD1(database, async (call): Promise<D1Answer[]> => {
    if (faulty.mode === "down") {
      return fail();
    }
    if (faulty.mode === "hanging") {
      failures += 1;
      return new Promise<never>(() => {});
    }
    if (faulty.mode === "slow") {
      await scheduler.wait(50 + Math.floor(450 * random()));
    }
    if (faulty.mode === "flaky" && random() < 1 / 3) {
      return random() < 0.5 ? fail() : call().then(fail);
    }
    return call();
  });
  const faulty: FaultyD1 = { mode, failures: () => failures, restore };
  return faulty;
}

/** Mulberry32: small, and the same numbers for the same seed everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
