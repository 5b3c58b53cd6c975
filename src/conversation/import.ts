import type { StoredMessage } from "../archive/stored-message.ts";
import { contentFault } from "../protocol/content.ts";
import { isImported, type ImportedMessage, type RejectCode } from "../protocol/import.ts";
import { sideOf } from "../protocol/pair.ts";
import { draftFrom, saysTheSame, type Draft } from "./draft.ts";
import type { Log } from "./log.ts";
import type { Room } from "./room.ts";

/** What became of a line. */
export type ImportOutcome =
  | { readonly kind: "imported" | "already" }
  | { readonly kind: "rejected"; readonly code: RejectCode; readonly message: string };

export interface ImportReply {
  /** In the order of the lines. */
  readonly outcomes: readonly ImportOutcome[];
  /** Up to where the archive must be to have them. */
  readonly rev: number;
}

/**
 * Takes messages of before into a conversation that has none of its own: authors and times as they were, numbers next to
 * those that were imported already, read by both. One transaction; lines that were imported before change nothing.
 */
export async function importInto(room: Room, lines: readonly ImportedMessage[]): Promise<ImportReply> {
  await room.known();
  const { log, line } = room;
  const before = line.state;
  const headBefore = line.position.head;
  let outcomes: ImportOutcome[];
  try {
    outcomes = log.transaction(() => {
      const all = lines.map((message) => importOne(room, message));
      const { head } = line.position;
      if (head > headBefore) {
        line.read("a", head);
        line.read("b", head);
        line.saveState();
      }
      return all;
    });
  } catch (error) {
    line.reload(before);
    throw error;
  }
  if (line.position.head > headBefore) {
    room.inboxes.touch();
  }
  room.archiver.wake();
  return { outcomes, rev: line.position.rev };
}

function importOne(room: Room, { sender, id, text, createdAtMs }: ImportedMessage): ImportOutcome {
  const { log, line, ports } = room;
  const fault = contentFault({ type: "send", id, text }, ports.limits);
  if (fault !== undefined) {
    return { kind: "rejected", code: fault.code, message: fault.message };
  }
  if (createdAtMs > ports.now()) {
    return rejected("out_of_range", "createdAt is in the future");
  }
  const draft = draftFrom(sideOf(ports.pair, sender), { id, text });
  const earlier = importedAt(log, line.position.head, draft, createdAtMs);
  if (earlier !== undefined) {
    return saysTheSame(draft, earlier)
      ? { kind: "already" }
      : rejected("conflict", "this oldId was imported with another text");
  }
  const last = log.last();
  if (last !== undefined && !isImported(last)) {
    return rejected("already_live", "the conversation has messages of its own");
  }
  if (last !== undefined && createdAtMs < last.createdAtMs) {
    return rejected("out_of_order", "the conversation has later messages that were imported");
  }
  line.import(draft, createdAtMs);
  return { kind: "imported" };
}

// Times never fall with the numbers (SE4), so a message of a time is found without an index.
function importedAt(
  log: Log,
  head: number,
  { author, id }: Draft,
  createdAtMs: number,
): StoredMessage | undefined {
  let low = 1;
  let high = head + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((log.message(middle)?.createdAtMs ?? 0) < createdAtMs) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (let seq = low; seq <= head; seq += 1) {
    const message = log.message(seq);
    if (message === undefined || message.createdAtMs > createdAtMs) {
      return undefined;
    }
    if (message.author === author && message.id === id) {
      return message;
    }
  }
  return undefined;
}

function rejected(code: RejectCode, message: string): ImportOutcome {
  return { kind: "rejected", code, message };
}
