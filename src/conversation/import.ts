import type { StoredMessage } from "../model/message.ts";
import { formFault, textSizeFault } from "../protocol/content.ts";
import { isImported, type ImportedMessage, type RejectCode } from "../protocol/import.ts";
import { sideOf } from "../protocol/pair.ts";
import { draftFrom, hasSameContent, type Draft } from "../model/draft.ts";
import type { MessageStore } from "./message-store.ts";
import type { Conversation } from "./conversation.ts";
import type { ImportOutcome, ImportResult } from "../rpc/conversation.ts";

/**
 * Takes messages of before into a conversation that has none of its own: authors and times as they were, numbers next to
 * those that were imported already, read by both. One transaction; lines that were imported before change nothing.
 */
export async function importMessages(
  conversation: Conversation,
  messages: readonly ImportedMessage[],
): Promise<ImportResult> {
  await conversation.waitUntilKnown();
  const { store, sequencer } = conversation;
  const before = sequencer.state;
  const headBefore = sequencer.position.head;
  let outcomes: ImportOutcome[];
  try {
    outcomes = store.transaction(() => {
      const moment = new ImportedMoment(store);
      const all = messages.map((message) => importOne(conversation, moment, message));
      const { head } = sequencer.position;
      if (head > headBefore) {
        sequencer.read("a", head);
        sequencer.read("b", head);
        sequencer.saveState();
      }
      return all;
    });
  } catch (error) {
    sequencer.reload(before);
    throw error;
  }
  if (sequencer.position.head > headBefore) {
    conversation.notifier.refresh();
  }
  conversation.replicator.schedule();
  return { outcomes, rev: sequencer.position.rev };
}

function importOne(
  conversation: Conversation,
  moment: ImportedMoment,
  { sender, id, text, createdAtMs }: ImportedMessage,
): ImportOutcome {
  const { sequencer, platform } = conversation;
  const fault = formFault({ type: "send", id, text });
  if (fault !== undefined) {
    return { kind: "rejected", code: fault.code, message: fault.message };
  }
  if (createdAtMs > platform.now()) {
    return rejected("out_of_range", "createdAt is in the future");
  }
  const draft = draftFrom(sideOf(platform.pair, sender), { id, text });
  const { last } = sequencer;
  const earlier = moment.find(draft, createdAtMs, last);
  if (earlier !== undefined && hasSameContent(draft, earlier)) {
    return { kind: "already" };
  }
  return (
    refusedAsNew(conversation, draft, createdAtMs, earlier) ?? added(conversation, moment, draft, createdAtMs)
  );
}

/** Why a message that is not there yet may not be added; undefined: it may. */
function refusedAsNew(
  { sequencer: { last }, platform }: Conversation,
  { text }: Draft,
  createdAtMs: number,
  earlier: StoredMessage | undefined,
): ImportOutcome | undefined {
  const tooLong = textSizeFault(text, platform.limits);
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

function added(
  { sequencer }: Conversation,
  moment: ImportedMoment,
  draft: Draft,
  createdAtMs: number,
): ImportOutcome {
  moment.add(sequencer.appendImported(draft, createdAtMs));
  return { kind: "imported" };
}

/**
 * The messages of one moment, by author and name: lines come in the order of their times, so one moment is looked at
 * after the other. Times never fall with the numbers (SE4), so a moment is found without an index.
 */
class ImportedMoment {
  readonly #log: MessageStore;
  #createdAtMs: number | undefined;
  #messages = new Map<string, StoredMessage>();

  constructor(store: MessageStore) {
    this.#log = store;
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
