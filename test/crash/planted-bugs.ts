import type { CounterName } from "../proof/counters.ts";
import type { Planted } from "../proof/planted.ts";

/** A Worker that breaks a promise, and the counter that must see it. */
export interface PlantedBug {
  readonly name: string;
  readonly planted: readonly Planted[];
  readonly caughtBy: CounterName;
}

/** Between what comes too early and what it should have waited for: long enough for a kill to fall into, as a slow disk would be. */
const gapMs = 25;

/** Each turn is tried and undone, what it would bring is told as `tell` says, and only after a while it is committed. */
function told(tell: string): readonly Planted[] {
  return [
    {
      file: "conversation/conversation.ts",
      from: "gate: (operations) => this.#admission.gate(operations),",
      to: `gate: async (operations) => {
        await this.#admission.gate(operations);
        this.#tellEarly(operations);
        await new Promise((resolve) => setTimeout(resolve, ${gapMs}));
      },`,
    },
    {
      file: "conversation/conversation.ts",
      from: "  #publish(batch: readonly OperationResult[], before: StoredState): void {",
      to: `  #early = new Set();
  #tellEarly(operations) {
    const { store, sequencer } = this;
    const { now, pair, report } = this.platform;
    const before = sequencer.state;
    let results = [];
    try {
      store.transaction(() => {
        results = applyOperations({ store, sequencer, now, report, refusalFor: () => undefined }, operations);
        throw new Error("undone");
      });
    } catch {}
    sequencer.reload(before);
    for (const { outcome, respond } of results) {
      if (outcome?.kind === "stored") {
        const message = toMessage(outcome.message, pair);
        ${tell}
      }
    }
  }

  #publish(batch: readonly OperationResult[], before: StoredState): void {`,
    },
  ];
}

const ackBeforeCommit: PlantedBug = {
  name: "ack before commit",
  planted: told("respond({ ...outcome, message });"),
  caughtBy: "acknowledgedMissing",
};

const relayBeforeCommit: PlantedBug = {
  name: "relay before commit",
  planted: [
    ...told('this.#early.add(message.rev); this.#publishFrame({ type: "message", message });'),
    {
      file: "conversation/conversation.ts",
      from: 'if (outcome.kind === "stored") {\n      const { rev',
      to: 'if (outcome.kind === "stored" && !this.#early.has(message.rev)) {\n      const { rev',
    },
  ],
  caughtBy: "deliveredMissing",
};

const noDedup: PlantedBug = {
  name: "dedup off",
  planted: [
    {
      file: "conversation/dedup.ts",
      from: "const known = this.#seqByName.get(name);",
      to: 'return "none"; const known = this.#seqByName.get(name);',
    },
  ],
  caughtBy: "duplicates",
};

/** D1's cursor is the `rev` of the summary. */
const cursorBeforeArchive: PlantedBug = {
  name: "archive cursor advanced before D1 answers",
  planted: [
    {
      file: "archive/write.ts",
      from: "const [, , rows] = await db.batch([upsertMessages(db, conversation, write.messages), summary, rev]);",
      to: `const [, rows] = await db.batch([summary, rev]);
    await new Promise((resolve) => setTimeout(resolve, ${gapMs}));
    await upsertMessages(db, conversation, write.messages);`,
    },
  ],
  caughtBy: "archiveDifferences",
};

export const plantedBugs: readonly PlantedBug[] = [
  ackBeforeCommit,
  relayBeforeCommit,
  noDedup,
  cursorBeforeArchive,
];

/** Two at a time, neither of which raises the other's counter: what is told too early and then lost may come twice. */
export const plantedPairs: readonly (readonly PlantedBug[])[] = [
  [ackBeforeCommit, noDedup],
  [relayBeforeCommit, cursorBeforeArchive],
];
