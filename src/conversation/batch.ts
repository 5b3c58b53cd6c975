import type { FlagUpdate } from "../model/flags.ts";
import type { ChangeFrame } from "../protocol/client-frame.ts";
import { errorName, type Report } from "../observability/log-events.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import type { Message } from "../protocol/message.ts";
import type { Side } from "../protocol/pair.ts";
import type { Log, LogState } from "./log.ts";
import type { Draft } from "../model/draft.ts";
import type { Line, MarkOutcome, WriteOutcome } from "./line.ts";

/** A durable change that waits for the turn's commit; `settle` hears how it ended, once everyone was told. */
export type Entry =
  | WriteEntry
  | {
      readonly kind: "read";
      readonly side: Side;
      readonly seq: number;
      readonly settle: (outcome: MarkOutcome) => void;
    }
  | {
      readonly kind: "flags";
      readonly side: Side;
      readonly update: FlagUpdate;
      readonly settle: (refused: Refusal | undefined) => void;
    };

/** A message, or what changes one. */
type WriteEntry = { readonly settle: (outcome: WriteOutcome<Message>) => void } & (
  | { readonly kind: "send"; readonly draft: Draft }
  | { readonly kind: "change"; readonly side: Side; readonly change: ChangeFrame }
);

/** How an entry ended, for whoever tells everybody of it first and then its caller. */
export type Settled =
  | {
      readonly kind: "write";
      readonly outcome: WriteOutcome;
      readonly settle: (outcome: WriteOutcome<Message>) => void;
    }
  | { readonly kind: "state"; readonly settle: () => void };

interface BatchPorts {
  readonly log: Log;
  readonly line: Line;
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
export function applyBatch(ports: BatchPorts, entries: readonly Entry[]): Settled[] {
  const saved = ports.line.state;
  try {
    return applyAll(ports, entries, saved, (entry) => write(ports, entry));
  } catch {
    ports.line.reload(saved);
    return applyAll(ports, entries, saved, (entry) => writeAlone(ports, entry));
  }
}

type Write = (entry: WriteEntry) => WriteOutcome;

function applyAll(ports: BatchPorts, entries: readonly Entry[], saved: LogState, writeOne: Write): Settled[] {
  const { log, line } = ports;
  return log.transaction(() => {
    const settled = entries.map((entry) => applyOne(ports, entry, writeOne));
    const { read, flags } = line.state;
    if (read.a !== saved.read.a || read.b !== saved.read.b || flags !== saved.flags) {
      line.saveState();
    }
    return settled;
  });
}

function applyOne({ line, refusalFor }: BatchPorts, entry: Entry, writeOne: Write): Settled {
  if (entry.kind === "read") {
    const outcome = line.read(entry.side, entry.seq);
    return { kind: "state", settle: () => entry.settle(outcome) };
  }
  if (entry.kind === "flags") {
    const refused = refusalFor(entry.side);
    if (refused === undefined) {
      line.setFlags(entry.side, entry.update);
    }
    return { kind: "state", settle: () => entry.settle(refused) };
  }
  return { kind: "write", outcome: writeOne(entry), settle: entry.settle };
}

function write({ line, now, refusalFor }: BatchPorts, entry: WriteEntry): WriteOutcome {
  if (entry.kind === "change") {
    return line.change(entry.side, entry.change, now());
  }
  const refused = refusalFor(entry.draft.author);
  return refused === undefined ? line.send(entry.draft, now()) : { kind: "refused", refusal: refused };
}

function writeAlone(ports: BatchPorts, entry: WriteEntry): WriteOutcome {
  const { log, line, report } = ports;
  const { state } = line;
  try {
    return log.transaction(() => write(ports, entry));
  } catch (error) {
    report("write_failed", { error: errorName(error) });
    line.reload(state);
    return { kind: "refused", refusal: refusal("internal") };
  }
}
