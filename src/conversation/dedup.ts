import { fixedLimits } from "../protocol/limits.ts";
import type { Side } from "../protocol/pair.ts";
import type { MessageStore } from "./message-store.ts";
import type { ChangeFrame } from "../protocol/client-frame.ts";
import { qualified } from "../protocol/emoji.ts";

/** Rows that are examined whatever `after` says, for clients that get it wrong. */
export const alwaysCheckedRows = 100;

/** The `seq` of the earlier attempt, or that there is none, or that the row limit ended the search before `after`. */
export type RetryCheck = number | "none" | "stale";

/**
 * Finds the message that an earlier attempt of the same send became. It can only lie above `after`, so the check walks
 * the names newest first and stops there: no index, no clock, no expiry. A client that gives no `after` is never refused
 * because its conversation is long: the check stops after fewer rows. Names walked once stay in memory.
 */
export class SendDedup {
  readonly #log: MessageStore;
  readonly #seqByName = new Map<string, number>();
  // All names from this `seq` up are in memory; the oldest of them was created at `#lowestRev`.
  #lowestSeq: number;
  #lowestRev = Number.POSITIVE_INFINITY;

  constructor(store: MessageStore, head: number) {
    this.#log = store;
    this.#lowestSeq = head + 1;
  }

  find(author: Side, id: string, after: number | undefined): RetryCheck {
    const name = dedupKey(author, id);
    const known = this.#seqByName.get(name);
    if (known !== undefined) {
      return known;
    }
    if (this.#isSearched(after)) {
      return "none";
    }
    // Only with `after`: without it fewer names are enough. Each further call would read and keep one more.
    if (this.#seqByName.size >= fixedLimits.maxRetryCheckRows && this.#lowestSeq > 1) {
      return "stale";
    }
    for (const row of this.#log.idsBelow(this.#lowestSeq)) {
      const found = dedupKey(row.author, row.id);
      this.#seqByName.set(found, row.seq);
      this.#lowestSeq = row.seq;
      this.#lowestRev = row.createdRev;
      if (found === name) {
        return row.seq;
      }
      if (this.#isSearched(after)) {
        return "none";
      }
      if (this.#seqByName.size >= fixedLimits.maxRetryCheckRows) {
        return this.#lowestSeq === 1 ? "none" : "stale";
      }
    }
    return "none";
  }

  /** A message that was just stored. */
  add(author: Side, id: string, seq: number, createdRev: number): void {
    if (this.#seqByName.size >= 2 * fixedLimits.maxRetryCheckRows) {
      this.#forget(seq);
    }
    this.#seqByName.set(dedupKey(author, id), seq);
    if (this.#lowestRev === Number.POSITIVE_INFINITY) {
      this.#lowestRev = createdRev;
      this.#lowestSeq = seq;
    }
  }

  #forget(head: number): void {
    this.#seqByName.clear();
    this.#lowestSeq = head;
    this.#lowestRev = Number.POSITIVE_INFINITY;
  }

  /** Whether the names in memory are all that could be an earlier attempt. */
  #isSearched(after: number | undefined): boolean {
    const { size } = this.#seqByName;
    return after === undefined
      ? size >= fixedLimits.maxRetryCheckRowsWithoutAfter
      : size >= alwaysCheckedRows && this.#lowestRev <= after;
  }
}

function dedupKey(author: Side, id: string): string {
  return author + id;
}

/** Changes whose `id` is known; a client that repeats one does so soon. */
const maxRecent = 1_000;

interface RecentChange {
  /** What it said, but for a text, which is too long to keep. */
  readonly content: string;
  /** The revision that it took, or found. */
  readonly rev: number;
}

/**
 * The newest edits, deletions and reactions by their `id`, in memory only: a repeat is answered and not done again,
 * whatever came after it. Without them an edit is still known by the `id` in its row, a deletion by what it left.
 */
export class ChangeDedup {
  readonly #byName = new Map<string, RecentChange>();

  /** The revision of an earlier try; "conflict" where that said something else. */
  find(side: Side, change: ChangeFrame): number | "conflict" | undefined {
    const known = this.#byName.get(side + change.id);
    if (known === undefined) {
      return undefined;
    }
    return known.content === contentOf(change) ? known.rev : "conflict";
  }

  add(side: Side, change: ChangeFrame, rev: number): void {
    this.#byName.set(side + change.id, { content: contentOf(change), rev });
    const [oldest] = this.#byName.keys();
    if (this.#byName.size > maxRecent && oldest !== undefined) {
      this.#byName.delete(oldest);
    }
  }
}

function contentOf(change: ChangeFrame): string {
  const { type, seq } = change;
  return JSON.stringify(type === "react" ? [type, seq, qualified(change.emoji), change.on] : [type, seq]);
}
