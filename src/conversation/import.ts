import type { StoredMessage } from "../model/message.ts";
import { formFault, textSizeFault } from "../protocol/content.ts";
import { isImported, type ImportedMessage, type RejectCode } from "../protocol/import.ts";
import { sideOf } from "../protocol/pair.ts";
import { draftFrom, hasSameContent, type Draft } from "../model/draft.ts";
import type { Log } from "./log.ts";
import type { Room } from "./room.ts";
import type { ImportOutcome, ImportResult } from "../rpc/conversation.ts";

/**
 * Takes messages of before into a conversation that has none of its own: authors and times as they were, numbers next to
 * those that were imported already, read by both. One transaction; lines that were imported before change nothing.
 */
export async function importInto(room: Room, lines: readonly ImportedMessage[]): Promise<ImportResult> {
  await room.known();
  const { log, line } = room;
  const before = line.state;
  const headBefore = line.position.head;
  let outcomes: ImportOutcome[];
  try {
    outcomes = log.transaction(() => {
      const moment = new Moment(log);
      const all = lines.map((message) => importOne(room, moment, message));
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

function importOne(
  room: Room,
  moment: Moment,
  { sender, id, text, createdAtMs }: ImportedMessage,
): ImportOutcome {
  const { line, ports } = room;
  const fault = formFault({ type: "send", id, text });
  if (fault !== undefined) {
    return { kind: "rejected", code: fault.code, message: fault.message };
  }
  if (createdAtMs > ports.now()) {
    return rejected("out_of_range", "createdAt is in the future");
  }
  const draft = draftFrom(sideOf(ports.pair, sender), { id, text });
  const { last } = line;
  const earlier = moment.find(draft, createdAtMs, last);
  if (earlier !== undefined && hasSameContent(draft, earlier)) {
    return { kind: "already" };
  }
  return refusedAsNew(room, draft, createdAtMs, earlier) ?? added(room, moment, draft, createdAtMs);
}

/** Why a message that is not there yet may not be added; undefined: it may. */
function refusedAsNew(
  { line: { last }, ports }: Room,
  { text }: Draft,
  createdAtMs: number,
  earlier: StoredMessage | undefined,
): ImportOutcome | undefined {
  const tooLong = textSizeFault(text, ports.limits);
  if (tooLong !== undefined) {
    return rejected("bad_text", tooLong.message);
  }
  if (earlier !== undefined) {
    return rejected("conflict", "this oldId was imported with another text");
  }
  if (last !== undefined && !isImported(last)) {
    return rejected("already_live", "the conversation has messages of its own");
  }
  if (last !== undefined && createdAtMs < last.createdAtMs) {
    return rejected("out_of_order", "the conversation has later messages that were imported");
  }
  return undefined;
}

function added({ line }: Room, moment: Moment, draft: Draft, createdAtMs: number): ImportOutcome {
  moment.add(line.import(draft, createdAtMs));
  return { kind: "imported" };
}

/**
 * The messages of one moment, by author and name: lines come in the order of their times, so one moment is looked at
 * after the other. Times never fall with the numbers (SE4), so a moment is found without an index.
 */
class Moment {
  readonly #log: Log;
  #createdAtMs: number | undefined;
  #messages = new Map<string, StoredMessage>();

  constructor(log: Log) {
    this.#log = log;
  }

  find(
    { author, id }: Draft,
    createdAtMs: number,
    last: StoredMessage | undefined,
  ): StoredMessage | undefined {
    if (last === undefined || createdAtMs > last.createdAtMs) {
      return undefined;
    }
    if (createdAtMs !== this.#createdAtMs) {
      const from = this.#firstAt(createdAtMs, last.seq);
      const to = this.#firstAt(createdAtMs + 1, last.seq) - 1;
      this.#createdAtMs = createdAtMs;
      this.#messages = new Map(this.#log.range(from, to).map((message) => [keyOf(message), message]));
    }
    return this.#messages.get(keyOf({ author, id }));
  }

  add(message: StoredMessage): void {
    if (message.createdAtMs === this.#createdAtMs) {
      this.#messages.set(keyOf(message), message);
    }
  }

  #firstAt(createdAtMs: number, head: number): number {
    let low = 1;
    let high = head + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#log.message(middle)?.createdAtMs ?? 0) < createdAtMs) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}

function keyOf({ author, id }: Pick<StoredMessage, "author" | "id">): string {
  return `${author}:${id}`;
}

function rejected(code: RejectCode, message: string): ImportOutcome {
  return { kind: "rejected", code, message };
}
