import type { Session } from "./steps.ts";

interface PinnedSession {
  readonly rule: string;
  readonly what: string;
  readonly session: Session;
}

/** Sessions that once showed a bug, as small as they got. */
export const pinnedSessions: readonly PinnedSession[] = [
  {
    rule: "IN2",
    what: "somebody new writes while the list is read",
    session: {
      seed: 275_661,
      past: 3,
      leftovers: [{ act: "edit", peer: 0, pick: 0 }],
      hasDefaultLimits: false,
      steps: [
        { kind: "compose", tab: 0, what: { act: "react", peer: 0, pick: 0, on: false } },
        { kind: "peer sends", peer: 0, count: 1 },
        { kind: "peer sends", peer: 2, count: 1 },
        { kind: "wait", ms: 0 },
      ],
    },
  },
];
