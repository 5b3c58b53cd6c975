import type { Timing } from "./api.ts";

export const defaultTiming: Timing = {
  backOffBaseMs: 1_000,
  backOffCapMs: 30_000,
  heartbeatMs: 30_000,
  answerMs: 10_000,
};

/**
 * How long to wait after so many failures in a row: anything from 0 to the bound, so that clients that lost one server
 * together do not come back together ("full jitter").
 */
export function backOffMs(failures: number, { backOffBaseMs, backOffCapMs }: Timing): number {
  return Math.random() * Math.min(backOffCapMs, backOffBaseMs * 2 ** failures);
}
