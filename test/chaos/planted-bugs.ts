import type { PlantedBug } from "../crash/planted-bugs.ts";
import type { Planted } from "../proof/planted.ts";
import type { Phase } from "./phases.ts";

/** A Worker that breaks several promises at once, each seen by a counter that the others leave alone, and the phase in which that shows. */
export interface PlantedFaults {
  readonly bugs: readonly PlantedBug[];
  readonly phase: Phase;
}

/** The object counts as archived what D1 has not answered yet: a restart mends it, a failing D1 does not. */
const cursorBeforeAnswer: PlantedBug = {
  name: "archive cursor advanced before D1 answers",
  planted: [
    {
      file: "conversation/replicator.ts",
      from: "const rev = await archive.write(write);",
      to: "this.#replicatedRev = write.summary.rev; const rev = await archive.write(write);",
    },
  ],
  caughtBy: "archiveDifferences",
};

/** Where D1 is away the newest page is refused like an older one. */
const newestFromArchive: PlantedBug = {
  name: "the newest page needs D1",
  planted: [
    {
      file: "history/history.ts",
      from: "const newest = await sources.stored(",
      to: "await sources.archived({ before: 2, limit }); const newest = await sources.stored(",
    },
  ],
  caughtBy: "refusals",
};

/** A message gets the text of the one before it: the object, D1 and all who read it agree. */
const textSwapped: PlantedBug = {
  name: "a text is another's when it is written",
  planted: [
    {
      file: "conversation/sequencer.ts",
      from: "const message = this.#append(draft, nowMs);",
      to: `const message = this.#append({ ...draft, text: this.lastText ?? draft.text }, nowMs);
    this.lastText = draft.text;`,
    },
  ],
  caughtBy: "contentDifferences",
};

/** Pages say what a replica says, however far it is behind. */
const staleBelieved: PlantedBug = {
  name: "stale pages believed",
  planted: [
    {
      file: "history/history.ts",
      from: "whole !== undefined && rev !== undefined && rev <= archivedRev && !mayMissNewest(whole, range);",
      to: "whole !== undefined;",
    },
  ],
  caughtBy: "orderDifferences",
};

/** Below the newest 100 messages the record itself is read from D1, and agrees with it. */
const archivedOtherwise: PlantedBug = {
  name: "D1 is told another text",
  planted: [
    {
      file: "archive/write.ts",
      from: "rows.map(messageValues)",
      to: 'rows.map((row) => messageValues(row.seq <= 10 ? { ...row, text: "another" } : row))',
    },
  ],
  caughtBy: "archiveDifferences",
};

const renewalIgnored: PlantedBug = {
  name: "a fresh token changes nothing",
  planted: [
    {
      file: "websocket/frame-handler.ts",
      from: "connection.remember({ expiresAtMs: verdict.expiresAtMs });",
      to: "",
    },
  ],
  caughtBy: "refusals",
};

export const plantedFaults: readonly PlantedFaults[] = [
  {
    bugs: [cursorBeforeAnswer, newestFromArchive, textSwapped],
    // The back-off of a second has passed in the quiet.
    phase: { name: "planted: D1 down", seconds: 1, faults: { d1: "down" }, quietMs: 2_500 },
  },
  {
    bugs: [staleBelieved, archivedOtherwise],
    phase: { name: "planted: stale reads", seconds: 4, faults: { d1: "stale" } },
  },
  {
    bugs: [renewalIgnored],
    phase: { name: "planted: tokens expire", seconds: 1, tokenMs: 1_500 },
  },
];

/** Acknowledgements wait for D1, which the comparison of latencies must see. */
export const ackAwaitsArchive: readonly Planted[] = [
  {
    file: "conversation/conversation.ts",
    from: "respond({ ...outcome, message });",
    to: "void this.replicator.waitUntilReplicated(outcome.rev).then(() => respond({ ...outcome, message }));",
  },
];
