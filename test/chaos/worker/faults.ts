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
  /** The Worker's clock is so far ahead of the machine's. */
  readonly clockOffsetMs: number;
}

export const noFaults: Faults = { d1: "well", inbox: "well", clockOffsetMs: 0 };

let current = noFaults;
let injected = 0;

export function faultsNow(): Faults {
  return current;
}

/** Sets what is wrong from now on. Answers how often something was, since the last call. */
export function setFaults(faults: Faults): number {
  const before = injected;
  injected = 0;
  current = faults;
  return before;
}

export function countFault(): void {
  injected += 1;
}
