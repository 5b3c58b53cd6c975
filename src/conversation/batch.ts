import type { StoredMessage } from "../archive/stored-message.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import type { Side } from "../protocol/pair.ts";
import type { Log } from "./log.ts";
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
 * Applies a turn's entries in one transaction, each in a nested one, so that one that fails cannot sink the others.
 * Throws where the transaction as a whole failed: then nothing of it is durable.
 */
export function applyBatch(ports: BatchPorts, entries: readonly Entry[]): Settled[] {
  const { log, line } = ports;
  const readBefore = line.state.read;
  return log.transaction(() => {
    const settled = entries.map((entry) => applyOne(ports, entry));
    const { read } = line.state;
    if (read.a !== readBefore.a || read.b !== readBefore.b) {
      line.saveState();
    }
    return settled;
  });
}

function applyOne(ports: BatchPorts, entry: Entry): Settled {
  if (entry.kind === "read") {
    const outcome = ports.line.read(entry.side, entry.seq);
    return { settle: () => entry.settle(outcome) };
  }
  const outcome = sendOutcome(ports, entry.draft);
  const settle = () => entry.settle(outcome);
  return outcome.kind === "stored" ? { stored: outcome.message, settle } : { settle };
}

function sendOutcome({ log, line, now, refusalFor, report }: BatchPorts, draft: Draft): SendOutcome {
  const refused = refusalFor(draft.author);
  if (refused !== undefined) {
    return { kind: "refused", refusal: refused };
  }
  try {
    return log.transaction(() => line.send(draft, now()));
  } catch {
    report("send_failed");
    line.reload();
    return { kind: "refused", refusal: refusal("internal") };
  }
}
