import { previewOf } from "../protocol/preview.ts";
import type { Message, Quote } from "./api.ts";

export interface Applied {
  readonly message: Message;
  readonly isNew: boolean;
}

/** Messages of a conversation without a gap: from the oldest that was loaded to the head, or to where a window ends. */
export class Backlog {
  /** Oldest first. */
  #messages: Message[] = [];
  #head: number;
  #reachesFloor = false;

  constructor(head: number) {
    this.#head = head;
  }

  get head(): number {
    return this.#head;
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** The number of the oldest message held; where none is, the one that comes next. */
  get oldest(): number {
    return this.#head - this.#messages.length + 1;
  }

  get hasOlder(): boolean {
    return this.oldest > 1 && !this.#reachesFloor;
  }

  get(seq: number): Message | undefined {
    return seq < this.oldest ? undefined : this.#messages[seq - this.oldest];
  }

  /** Whether a replay that ended at `head` brought every message that is not held. */
  isReachedBy(told: readonly Message[], head: number): boolean {
    const added = new Set(told.map(({ seq }) => seq).filter((seq) => seq > this.#head));
    return added.size === head - this.#head;
  }

  /**
   * Takes messages that were told, whatever their order; of one message the newest form counts. Returns what changed:
   * first the new ones by number, then the others by revision. Undefined, and nothing changed, where a number is missing.
   */
  apply(told: readonly Message[]): Applied[] | undefined {
    const newest = newestForms(told);
    const added = newest.filter(({ seq }) => seq > this.#head).sort((one, other) => one.seq - other.seq);
    if (added.some(({ seq }, index) => seq !== this.#head + 1 + index)) {
      return undefined;
    }
    this.#messages.push(...added);
    this.#head += added.length;
    const changed = newest
      .filter((message) => !added.includes(message) && !this.#isKnown(message))
      .sort((one, other) => one.rev - other.rev);
    changed.forEach((message) => this.#replace(message));
    newest.forEach((message) => this.#renewQuotes(message));
    return [
      ...added.map((message) => ({ message, isNew: true })),
      ...changed.map((message) => ({ message, isNew: false })),
    ];
  }

  /** Puts a page before what is held. False, and nothing changed, where it does not end there. */
  prepend(page: readonly Message[], hasMore: boolean): boolean {
    const last = page.at(-1);
    if (last !== undefined && last.seq !== this.oldest - 1) {
      return false;
    }
    this.#messages = [...page, ...this.#messages];
    this.#reachesFloor = !hasMore;
    return true;
  }

  /** Forgets the oldest messages beyond so many; pages bring them again. */
  trim(most: number): void {
    if (this.#messages.length > most) {
      this.#messages = this.#messages.slice(-most);
      this.#reachesFloor = false;
    }
  }

  /** Forgets the newest messages beyond so many, of a window that is not at the head of the conversation. */
  trimNewest(most: number): void {
    const forgotten = Math.max(0, this.#messages.length - most);
    this.#messages = this.#messages.slice(0, this.#messages.length - forgotten);
    this.#head -= forgotten;
  }

  #isKnown({ seq, rev }: Message): boolean {
    return (this.get(seq)?.rev ?? -1) > rev;
  }

  /** Of a message that is not held nothing is kept: the page that brings it brings it as it is. */
  #replace(message: Message): void {
    if (message.seq >= this.oldest) {
      this.#messages[message.seq - this.oldest] = message;
    }
  }

  /** A quote follows what it quotes, which takes the only `rev` (RY3). */
  #renewQuotes(quoted: Message): void {
    if (this.#isKnown(quoted)) {
      return;
    }
    const quote = quoteOf(quoted);
    this.#messages.forEach((message, index) => {
      if (message.replyTo === quoted.seq && !isSameQuote(message.quote, quote)) {
        this.#messages[index] = { ...message, quote };
      }
    });
  }
}

function newestForms(told: readonly Message[]): Message[] {
  const bySeq = new Map<number, Message>();
  for (const message of told) {
    if ((bySeq.get(message.seq)?.rev ?? 0) <= message.rev) {
      bySeq.set(message.seq, message);
    }
  }
  return Array.from(bySeq.values());
}

function quoteOf({ author, text, deletedAt }: Message): Quote {
  return { author, text: previewOf(text), ...(deletedAt !== undefined && { deletedAt }) };
}

function isSameQuote(one: Quote | undefined, other: Quote): boolean {
  return one?.text === other.text && one.deletedAt === other.deletedAt;
}

/**
 * The head before a replay, if the client did not know it: the newest message that existed at `sinceMs`. A replayed
 * message counts as new if it was created after `sinceMs`, or if nobody has changed it.
 */
export function headBefore(replayed: readonly Message[], head: number, sinceMs: number): number {
  const isFresh = (message: Message) => message.createdAt > sinceMs || !isChanged(message);
  const fresh = new Set(replayed.filter(isFresh).map(({ seq }) => seq));
  let before = head;
  while (fresh.has(before)) {
    before -= 1;
  }
  return before;
}

function isChanged({ editedAt, deletedAt, reactions }: Message): boolean {
  return editedAt !== undefined || deletedAt !== undefined || reactions !== undefined;
}
