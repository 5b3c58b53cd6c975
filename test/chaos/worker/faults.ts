/** How D1 behaves: as it is; late; one call in three fails; every call fails; no call returns before the mode ends; replicas lag. */
export const d1Modes = ["well", "slow", "flaky", "down", "hanging", "stale"] as const;
export type D1Mode = (typeof d1Modes)[number];
/** How inboxes behave: as they are; one call in two fails, before or after it was done, or ends the object. */
export const inboxModes = ["well", "failing"] as const;
export type InboxMode = (typeof inboxModes)[number];

/** What is wrong at the moment. */
export interface Faults {
  readonly d1: D1Mode;
  readonly inbox: InboxMode;
  /** D1 answers, or fails, so much later. */
  readonly d1LateMs: number;
  /** The Worker's clock is so far ahead of the machine's. */
  readonly clockOffsetMs: number;
}

export const noFaults: Faults = { d1: "well", inbox: "well", d1LateMs: 0, clockOffsetMs: 0 };

/** Where something goes wrong: calls to D1, deliveries, and readings of a wrong clock. */
export const faultSources = ["d1", "inbox", "clock"] as const;
export type FaultSource = (typeof faultSources)[number];
export type FaultCounts = Readonly<Record<FaultSource, number>>;

let current = noFaults;
const counts = { d1: 0, inbox: 0, clock: 0 };

export function faultsNow(): Faults {
  return current;
}

/** Sets what is wrong from now on. Answers how often something was, ever. */
export function setFaults(faults: Faults): FaultCounts {
  current = faults;
  return counts;
}

export function countFault(source: FaultSource): void {
  counts[source] += 1;
}
