import type { StoredMessage } from "../archive/stored-message.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import type { Side } from "../protocol/pair.ts";
import type { FlagsBody } from "../protocol/rest.ts";
import type { Log, LogState } from "./log.ts";
import type { Draft } from "./draft.ts";
import type { Line, MarkOutcome, SendOutcome } from "./line.ts";

/** A durable change that waits for the turn's commit; `settle` hears how it ended, once everyone was told. */
export type Entry =
  | { readonly kind: "send"; readonly draft: Draft; readonly settle: (outcome: SendOutcome) => void }
  | {
      readonly kind: "read";
      readonly side: Side;
      readonly seq: number;
      readonly settle: (outcome: MarkOutcome) => void;
    }
  | {
      readonly kind: "flags";
      readonly side: Side;
      readonly wishes: FlagsBody;
      readonly settle: (refused: Refusal | undefined) => void;
    };

/** How an entry ended: the message everybody must see, if it stored one, and then the word to its caller. */
export interface Settled {
  readonly stored?: StoredMessage;
  readonly settle: () => void;
}

interface BatchPorts {
  readonly log: Log;
  readonly line: Line;
  readonly now: () => number;
  /** A new conversation that its author may not begin. */
  readonly refusalFor: (side: Side) => Refusal | undefined;
  readonly report: (event: string) => void;
}

/**
 * Applies a turn's entries in one transaction. Where one of them throws, all is undone and done again with a nested
 * transaction for each send, so that the one that fails cannot sink the others (nesting always would halve the
 * throughput). Throws where the transaction as a whole failed: then nothing of it is durable.
 */
export function applyBatch(ports: BatchPorts, entries: readonly Entry[]): Settled[] {
  const saved = ports.line.state;
  try {
    return applyAll(ports, entries, saved, (draft) => ports.line.send(draft, ports.now()));
  } catch {
    ports.line.reload(saved);
    return applyAll(ports, entries, saved, (draft) => sendAlone(ports, draft));
  }
}

type Send = (draft: Draft) => SendOutcome;

function applyAll(ports: BatchPorts, entries: readonly Entry[], saved: LogState, send: Send): Settled[] {
  const { log, line } = ports;
  return log.transaction(() => {
    const settled = entries.map((entry) => applyOne(ports, entry, send));
    const { read, flags } = line.state;
    if (read.a !== saved.read.a || read.b !== saved.read.b || flags !== saved.flags) {
      line.saveState();
    }
    return settled;
  });
}

function applyOne({ line, refusalFor }: BatchPorts, entry: Entry, send: Send): Settled {
  if (entry.kind === "read") {
    const outcome = line.read(entry.side, entry.seq);
    return { settle: () => entry.settle(outcome) };
  }
  if (entry.kind === "flags") {
    const refused = refusalFor(entry.side);
    if (refused === undefined) {
      line.setFlags(entry.side, entry.wishes);
    }
    return { settle: () => entry.settle(refused) };
  }
  const refused = refusalFor(entry.draft.author);
  const outcome: SendOutcome =
    refused === undefined ? send(entry.draft) : { kind: "refused", refusal: refused };
  const settle = () => entry.settle(outcome);
  return outcome.kind === "stored" ? { stored: outcome.message, settle } : { settle };
}

function sendAlone({ log, line, now, report }: BatchPorts, draft: Draft): SendOutcome {
  const { state } = line;
  try {
    return log.transaction(() => line.send(draft, now()));
  } catch {
    report("send_failed");
    line.reload(state);
    return { kind: "refused", refusal: refusal("internal") };
  }
}
