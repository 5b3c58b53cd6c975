import { endings, type FaultRates } from "../e2e/fault-plan.ts";
import type { Explained } from "../proof/ledger.ts";
import type { Faults, FaultSource } from "./worker/faults.ts";

/** A time in which something is wrong while people talk. */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
  readonly faults?: Partial<Faults>;
  /** The clock steps to a place of its own within so many milliseconds of now, both ways, again and again. */
  readonly clockStepsMs?: number;
  /** Sockets go through a proxy that does this to them. */
  readonly network?: FaultRates;
  /** Tokens expire after so long; half of the devices renew theirs in time. */
  readonly tokenMs?: number;
  /** A device pauses for up to so long between two sends. */
  readonly pauseMs?: number;
  /** The fault goes on for so long after the last send: long enough, and the Worker has tried in vain with everything. */
  readonly quietMs?: number;
}

/** What can go wrong: in the Worker, between it and its clients, and with tokens, which expire or are renewed on the live socket. */
export type Source = FaultSource | "refused" | (typeof endings)[number] | "expired" | "renewed";

/** What must have gone wrong in a phase, or it proves nothing. */
export function sourcesOf({ faults, clockStepsMs, network, tokenMs }: Phase): readonly Source[] {
  return [
    ...(faults?.d1 === undefined ? [] : (["d1"] as const)),
    ...(faults?.inbox === undefined ? [] : (["inbox"] as const)),
    ...(clockStepsMs === undefined ? [] : (["clock"] as const)),
    ...(network === undefined ? [] : (["refused", ...endings] as const)),
    ...(tokenMs === undefined ? [] : (["expired", "renewed"] as const)),
  ];
}

/** What clients may be told then. With D1 away that is for older pages alone: the newest one comes all the same. */
export function explainedBy({ faults, tokenMs }: Phase): readonly Explained[] {
  const isArchiveAway = faults?.d1 !== undefined && faults.d1 !== "stale";
  return [
    ...(isArchiveAway ? (["older page: archive_unavailable"] as const) : []),
    ...(tokenMs === undefined
      ? []
      : (["send by REST", "newest page", "older page", "socket"] as const).map(
          (doing) => `${doing}: token_expired` as const,
        )),
  ];
}

const hour = 3_600_000;

/** TCP loses, doubles and reorders nothing: connections are refused, late, cut between frames and in one, or fall silent. */
const network: FaultRates = {
  refused: 0.1,
  spoiltRequests: 0,
  dropped: 0,
  duplicated: 0,
  delayed: 0.02,
  longestDelayMs: 30,
  mostFrames: 200,
};

/** What the others are held against. */
export function control(seconds: number): Phase {
  return { name: "nothing wrong", seconds };
}

/** Everything that the outside can do to the Worker, each alone, then together. */
export function phasesFor(seconds: number, hangSeconds: number): readonly Phase[] {
  return [
    { name: "D1 slow", seconds, faults: { d1: "slow" } },
    { name: "D1 fails one call in three", seconds, faults: { d1: "flaky" } },
    { name: "D1 down", seconds, faults: { d1: "down" }, quietMs: 2_500 },
    { name: `D1 hangs ${hangSeconds} s`, seconds: hangSeconds, faults: { d1: "hanging" }, pauseMs: 200 },
    { name: "stale reads", seconds, faults: { d1: "stale" } },
    { name: "inboxes fail", seconds, faults: { inbox: "failing" } },
    { name: "the clock steps", seconds, clockStepsMs: 6 * hour },
    { name: "sockets cut, silent, refused", seconds, network },
    { name: "tokens expire", seconds, tokenMs: 1_500 },
    {
      name: "all together",
      seconds: 2 * seconds,
      faults: { d1: "flaky", inbox: "failing" },
      // The back-off waits as long as the clock says that D1 has been failing: far steps would have it wait for minutes.
      clockStepsMs: 5_000,
      network,
      pauseMs: 60,
    },
  ];
}
