import type { FlagUpdate } from "../model/flags.ts";
import type { ChangeFrame } from "../protocol/client-frame.ts";
import { errorName, type Report } from "../observability/log-events.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import type { Message } from "../protocol/message.ts";
import type { Side } from "../protocol/pair.ts";
import type { MessageStore, StoredState } from "./message-store.ts";
import type { Draft } from "../model/draft.ts";
import type { Sequencer, CursorOutcome, WriteOutcome } from "./sequencer.ts";

/** What a turn needs: a way to run later in the same event loop turn, a gate, and the commit. */
interface CommitQueuePorts<Entry> {
  /** Runs the callback once everything that arrives in this turn is here (`setTimeout(0)`). */
  readonly defer: (run: () => void) => void;
  /** What the entries must wait for, or undefined where nothing stands in their way. */
  readonly gate: (operations: readonly Entry[]) => Promise<void> | undefined;
  /** Stores the entries and tells everyone. Never throws. */
  readonly commit: (operations: readonly Entry[]) => void;
}

/** Group commit: collects what arrives in one turn of the event loop and commits it together, in order of arrival. */
export class CommitQueue<Entry> {
  readonly #ports: CommitQueuePorts<Entry>;
  #operations: Entry[] = [];
  #busy = false;

  constructor(ports: CommitQueuePorts<Entry>) {
    this.#ports = ports;
  }

  add(operation: Entry): void {
    this.#operations.push(operation);
    if (!this.#busy) {
      this.#busy = true;
      this.#ports.defer(() => this.#run());
    }
  }

  #run(): void {
    const operations = this.#operations;
    this.#operations = [];
    const gate = this.#ports.gate(operations);
    if (gate === undefined) {
      this.#finish(operations);
    } else {
      void gate.catch(() => undefined).then(() => this.#finish(operations));
    }
  }

  #finish(operations: readonly Entry[]): void {
    this.#ports.commit(operations);
    this.#busy = this.#operations.length > 0;
    if (this.#busy) {
      this.#ports.defer(() => this.#run());
    }
  }
}

/** A durable change that waits for its commit. `respond` gets the result after everyone was notified. */
export type Operation =
  | WriteOperation
  | {
      readonly kind: "read";
      readonly side: Side;
      readonly seq: number;
      readonly respond: (outcome: CursorOutcome) => void;
    }
  | {
      readonly kind: "flags";
      readonly side: Side;
      readonly update: FlagUpdate;
      readonly respond: (refused: Refusal | undefined) => void;
    };

/** A message, or what changes one. */
type WriteOperation = { readonly respond: (outcome: WriteOutcome<Message>) => void } & (
  | { readonly kind: "send"; readonly draft: Draft }
  | { readonly kind: "change"; readonly side: Side; readonly change: ChangeFrame }
);

/** The result of an operation. The conversation publishes it first, and then calls `respond`. */
export type OperationResult =
  | {
      readonly kind: "write";
      readonly outcome: WriteOutcome;
      readonly respond: (outcome: WriteOutcome<Message>) => void;
    }
  | { readonly kind: "state"; readonly respond: () => void };

interface ApplyPorts {
  readonly store: MessageStore;
  readonly sequencer: Sequencer;
  readonly now: () => number;
  /** A new conversation that its author may not begin. */
  readonly refusalFor: (side: Side) => Refusal | undefined;
  readonly report: Report;
}

/**
 * Applies a turn's entries in one transaction. Where one of them throws, all is undone and done again with a nested
 * transaction for each write, so that the one that fails cannot sink the others (nesting always would halve the
 * throughput). Throws where the transaction as a whole failed: then nothing of it is durable.
 */
export function applyOperations(ports: ApplyPorts, operations: readonly Operation[]): OperationResult[] {
  const saved = ports.sequencer.state;
  try {
    return applyAll(ports, operations, saved, (operation) => write(ports, operation));
  } catch {
    ports.sequencer.reload(saved);
    return applyAll(ports, operations, saved, (operation) => writeAlone(ports, operation));
  }
}

type Write = (operation: WriteOperation) => WriteOutcome;

function applyAll(
  ports: ApplyPorts,
  operations: readonly Operation[],
  saved: StoredState,
  writeOne: Write,
): OperationResult[] {
  const { store, sequencer } = ports;
  return store.transaction(() => {
    const results = operations.map((operation) => applyOne(ports, operation, writeOne));
    const { read, flags } = sequencer.state;
    if (read.a !== saved.read.a || read.b !== saved.read.b || flags !== saved.flags) {
      sequencer.saveState();
    }
    return results;
  });
}

function applyOne(
  { sequencer, refusalFor }: ApplyPorts,
  operation: Operation,
  writeOne: Write,
): OperationResult {
  if (operation.kind === "read") {
    const outcome = sequencer.read(operation.side, operation.seq);
    return { kind: "state", respond: () => operation.respond(outcome) };
  }
  if (operation.kind === "flags") {
    const refused = refusalFor(operation.side);
    if (refused === undefined) {
      sequencer.setFlags(operation.side, operation.update);
    }
    return { kind: "state", respond: () => operation.respond(refused) };
  }
  return { kind: "write", outcome: writeOne(operation), respond: operation.respond };
}

function write({ sequencer, now, refusalFor }: ApplyPorts, operation: WriteOperation): WriteOutcome {
  if (operation.kind === "change") {
    return sequencer.change(operation.side, operation.change, now());
  }
  const refused = refusalFor(operation.draft.author);
  return refused === undefined
    ? sequencer.send(operation.draft, now())
    : { kind: "refused", refusal: refused };
}

function writeAlone(ports: ApplyPorts, operation: WriteOperation): WriteOutcome {
  const { store, sequencer, report } = ports;
  const { state } = sequencer;
  try {
    return store.transaction(() => write(ports, operation));
  } catch (error) {
    report("write_failed", { error: errorName(error) });
    sequencer.reload(state);
    return { kind: "refused", refusal: refusal("internal") };
  }
}
