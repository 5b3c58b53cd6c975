import { unarchived, updatedFlags, type FlagUpdate } from "../model/flags.ts";
import {
  quoteOf,
  untouched,
  countWrittenBy,
  type QuotingMessage,
  type StoredMessage,
} from "../model/message.ts";
import type { ChangeFrame, WriteFrame } from "../protocol/client-frame.ts";
import { textSizeFault } from "../protocol/content.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import { greatestMaxTextBytes } from "../protocol/limits.ts";
import type { Message, Receipt } from "../protocol/message.ts";
import { otherSide, type Side, type Pair } from "../protocol/pair.ts";
import { changed, takesAway, type Changed, type ContentLimits } from "./edits.ts";
import { hasSameContent, type Draft } from "../model/draft.ts";
import {
  emptyState,
  type Cursors,
  type MessageStore,
  type StoredState,
  type Position,
} from "./message-store.ts";
import { aboveHead, afterAboveRev, unknownMessage } from "./errors.ts";
import { SendDedup, ChangeDedup } from "./dedup.ts";
import { lastMessageOf, summaryForSide, type ConversationSummary } from "../model/summary.ts";
import type { Summary } from "../protocol/conversation-list.ts";

/** How a send or change ended: the message as it is then, and the revision that this send or change took. */
export type WriteOutcome<Told = QuotingMessage> =
  | { readonly kind: "stored" | "repeated"; readonly message: Told; readonly rev: number }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export type CursorOutcome =
  | { readonly kind: "marked"; readonly seq: number }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * The numbers of a conversation and the rules that hand them out. Every call is synchronous and runs inside the
 * caller's transaction: check, number and insert are one step. After a rollback the caller calls `reload`.
 */
export class Sequencer {
  readonly #log: MessageStore;
  #state: StoredState = emptyState;
  #position!: Position;
  /** The newest message, as it is now. */
  #last: StoredMessage | undefined;
  /** What is known of `readCounts`: how many of the peer's messages lie up to a read cursor. Changes of messages move none. */
  #known!: Record<Side, { readonly seq: number; readonly count: number }>;
  #retries!: SendDedup;
  #recent!: ChangeDedup;
  readonly #limits: ContentLimits;

  constructor(
    store: MessageStore,
    { editWindowMs, maxTextBytes = greatestMaxTextBytes }: Partial<ContentLimits> = {},
  ) {
    this.#log = store;
    this.#limits = { editWindowMs, maxTextBytes };
    this.reload();
  }

  /** Takes every number from the log again; a caller names the `state` whose marks of this turn are not saved yet. */
  reload(state: StoredState = this.#log.readState()): void {
    const last = this.#log.last();
    this.#state = state;
    this.#last = last;
    this.#known = { a: { seq: 0, count: 0 }, b: { seq: 0, count: 0 } };
    const head = last?.seq ?? 0;
    const rev = Math.max(last?.createdRev ?? 0, this.#log.newestChangeRev(), this.#state.minValidRev);
    this.#position = { head, rev };
    this.#retries = new SendDedup(this.#log, head);
    this.#recent = new ChangeDedup();
  }

  get position(): Position {
    return this.#position;
  }

  get state(): StoredState {
    return this.#state;
  }

  get isEmpty(): boolean {
    return this.#position.rev === 0;
  }

  get bothWrote(): boolean {
    return this.countA > 0 && this.countA < this.#position.head;
  }

  /** The newest message, as it is now. */
  get last(): StoredMessage | undefined {
    return this.#last;
  }

  /** How many messages are of side `a`. */
  get countA(): number {
    return this.#last?.countA ?? 0;
  }

  /** Whether a side is blocked by the other. */
  isBlocked(side: Side): boolean {
    return this.#state.flags.blocked[otherSide(side)] !== null;
  }

  /** Whether an update sets the first flag of the conversation. */
  setsFirstFlag(side: Side, update: FlagUpdate): boolean {
    const { flags, read } = this.#state;
    return flags.state === 0 && updatedFlags(flags, side, update, read[side]) !== flags;
  }

  /**
   * Stores a message, or finds the one that an earlier try of this send became. A new one brings the conversation back
   * for whoever archived it; durable with the next `saveState`.
   */
  send(draft: Draft, nowMs: number): WriteOutcome {
    const { author, id, after, replyTo } = draft;
    if (isAbove(after, this.#position.rev)) {
      return refused(afterAboveRev());
    }
    const priorAttempt = this.#retries.find(author, id, after);
    if (priorAttempt === "stale") {
      return refused(refusal("stale"));
    }
    if (priorAttempt !== "none") {
      return this.#repeat(priorAttempt, draft);
    }
    const forbidden = this.isBlocked(author) ? refusal("blocked") : textSizeFault(draft.text, this.#limits);
    if (forbidden !== undefined) {
      return refused(forbidden);
    }
    const answered = replyTo === null ? undefined : this.#log.message(replyTo);
    if (replyTo !== null && answered === undefined) {
      return refused(unknownMessage("replyTo"));
    }
    const message = this.#append(draft, nowMs);
    const quote = answered === undefined ? null : quoteOf(answered);
    return { kind: "stored", message: { ...message, quote }, rev: message.rev };
  }

  /** Stores a message of before, as it was said then. Times must not fall. */
  appendImported(draft: Draft, createdAtMs: number): StoredMessage {
    return this.#append(draft, createdAtMs);
  }

  /** Edits, deletes or reacts to a message, or finds that an earlier try did. */
  change(side: Side, change: ChangeFrame, nowMs: number): WriteOutcome {
    const { seq, after } = change;
    if (isAbove(after, this.#position.rev)) {
      return refused(afterAboveRev());
    }
    // Of a history that was replaced since: its number may be another message's now.
    if (after !== undefined && after < this.#state.minValidRev) {
      return refused(refusal("stale"));
    }
    const message = this.#log.message(seq);
    if (message === undefined) {
      return refused(unknownMessage("seq"));
    }
    const outcome = this.#changed(message, side, change, nowMs);
    if (outcome.kind === "refused") {
      return outcome;
    }
    if (outcome.kind === "same") {
      this.#recent.add(side, change, outcome.rev);
      return { kind: "repeated", message: this.#quoting(message), rev: outcome.rev };
    }
    if (this.isBlocked(side) && !takesAway(change)) {
      return refused(refusal("blocked"));
    }
    const { rev } = outcome.message;
    this.#replace(outcome.message);
    this.#recent.add(side, change, rev);
    return { kind: "stored", message: this.#quoting(outcome.message), rev };
  }

  /** Whether a frame repeats a send, or one of the newest changes, that was stored. */
  isRepeat(side: Side, frame: WriteFrame): boolean {
    if (frame.type === "send") {
      return typeof this.#retries.find(side, frame.id, frame.after) === "number";
    }
    const isNewestEdit = frame.type === "edit" && this.#log.message(frame.seq)?.editId === frame.id;
    return isNewestEdit || this.#recent.find(side, frame) !== undefined;
  }

  /** Moves a read cursor forward; durable with the next `saveState`. */
  read(side: Side, seq: number): CursorOutcome {
    if (seq > this.#position.head) {
      return refused(aboveHead());
    }
    const read = { ...this.#state.read, [side]: Math.max(seq, this.#state.read[side]) };
    this.#state = { ...this.#state, read };
    return { kind: "marked", seq: read[side] };
  }

  /** Mutes, archives or blocks for a side; durable with the next `saveState`. */
  setFlags(side: Side, update: FlagUpdate): void {
    const { flags, read } = this.#state;
    this.#state = { ...this.#state, flags: updatedFlags(flags, side, update, read[side]) };
  }

  /** How far a side's devices have everything: never below what it read. */
  deliveredAtLeast(side: Side): number {
    return Math.max(this.#state.delivered[side], this.#state.read[side]);
  }

  saveDelivered(side: Side, seq: number): void {
    this.saveState({ delivered: { ...this.#state.delivered, [side]: seq } });
  }

  /** Writes the state row. Throws what the storage throws, with the line unchanged. */
  saveState(change: Partial<StoredState> = {}): void {
    const state = { ...this.#state, ...change };
    this.#log.writeState(state);
    this.#state = state;
  }

  /** How many of the peer's messages lie at or below each side's read cursor. */
  get readCounts(): Cursors {
    return { a: this.#peersUpTo("a"), b: this.#peersUpTo("b") };
  }

  #peersUpTo(side: Side): number {
    const seq = this.#state.read[side];
    if (this.#known[side].seq !== seq) {
      const countA = seq === this.#position.head ? this.countA : (this.#log.message(seq)?.countA ?? 0);
      this.#known[side] = { seq, count: countWrittenBy(otherSide(side), { seq, countA }) };
    }
    return this.#known[side].count;
  }

  #changed(message: StoredMessage, side: Side, change: ChangeFrame, nowMs: number): Changed {
    // The newest edit is known by its row, which has its text to compare too.
    const isNewestEdit = change.type === "edit" && message.editId === change.id;
    const earlier = isNewestEdit ? undefined : this.#recent.find(side, change);
    if (earlier === "conflict") {
      return refused(refusal("conflict"));
    }
    const facts = { side, rev: this.#position.rev + 1, nowMs, ...this.#limits };
    return earlier === undefined ? changed(message, change, facts) : { kind: "same", rev: earlier };
  }

  #replace(message: StoredMessage): void {
    this.#log.change(message);
    this.#position = { ...this.#position, rev: message.rev };
    if (message.seq === this.#position.head) {
      this.#last = message;
    }
  }

  #append({ author, id, text, data, replyTo }: Draft, nowMs: number): StoredMessage {
    const message: StoredMessage = {
      ...untouched,
      seq: this.#position.head + 1,
      rev: this.#position.rev + 1,
      createdRev: this.#position.rev + 1,
      author,
      id,
      text,
      data,
      replyTo,
      // A clock that steps back must not show a later message above an earlier one.
      createdAtMs: Math.max(nowMs, this.#last?.createdAtMs ?? 0),
      countA: this.countA + (author === "a" ? 1 : 0),
    };
    this.#log.append(message);
    this.#position = { head: message.seq, rev: message.rev };
    this.#last = message;
    this.#retries.add(author, id, message.seq, message.createdRev);
    this.#state = { ...this.#state, flags: unarchived(this.#state.flags) };
    return message;
  }

  #quoting(message: StoredMessage): QuotingMessage {
    const answered = message.replyTo === null ? undefined : this.#log.message(message.replyTo);
    return { ...message, quote: answered === undefined ? null : quoteOf(answered) };
  }

  #repeat(seq: number, draft: Draft): WriteOutcome {
    const message = this.#log.message(seq);
    if (message === undefined) {
      throw new Error("a known message is not in the log");
    }
    return hasSameContent(draft, message)
      ? { kind: "repeated", message: this.#quoting(message), rev: message.createdRev }
      : refused(refusal("conflict"));
  }
}

/** What the author of a send or change is told when it is durable. */
export function receiptFrom(
  id: string,
  { message, rev }: Exclude<WriteOutcome<Message>, { kind: "refused" }>,
): Receipt {
  return { id, seq: message.seq, rev, createdAt: message.createdAt };
}

function isAbove(after: number | undefined, rev: number): boolean {
  return after !== undefined && after > rev;
}

function refused(reason: Refusal): { kind: "refused"; refusal: Refusal } {
  return { kind: "refused", refusal: reason };
}

interface SummaryPorts {
  readonly sequencer: Sequencer;
  readonly pair: Pair;
}

/** The conversation at a glance, with both sides, as the record has it now. */
export function recordSummary({ sequencer, pair }: SummaryPorts): ConversationSummary {
  const { last, countA } = sequencer;
  const { read, flags } = sequencer.state;
  return {
    users: pair,
    rev: sequencer.position.rev,
    head: sequencer.position.head,
    last: last && lastMessageOf(last),
    countA,
    read,
    readCounts: sequencer.readCounts,
    flags,
  };
}

/** The conversation at a glance, as a side's conversation list shows it. */
export function summaryOf(ports: SummaryPorts, side: Side): Summary {
  return summaryForSide(recordSummary(ports), side);
}
