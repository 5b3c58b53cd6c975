import { fixedLimits } from "../protocol/limits.ts";
import type { Side } from "../protocol/pair.ts";
import type { Log } from "./log.ts";

/** Rows that are examined whatever `after` says, for clients that get it wrong. */
export const alwaysCheckedRows = 100;

/** The `seq` of the earlier attempt, or that there is none, or that the row limit ended the search before `after`. */
export type RetryCheck = number | "none" | "stale";

/**
 * Finds the message that an earlier attempt of the same send became. It can only lie above `after`, so the check walks
 * the names newest first and stops there: no index, no clock, no expiry. A client that gives no `after` is never refused
 * because its conversation is long: the check stops after fewer rows. Names walked once stay in memory.
 */
export class RetryChecker {
  readonly #log: Log;
  readonly #seqByName = new Map<string, number>();
  // All names from this `seq` up are in memory; the oldest of them was created at `#lowestRev`.
  #lowestSeq: number;
  #lowestRev = Number.POSITIVE_INFINITY;

  constructor(log: Log, head: number) {
    this.#log = log;
    this.#lowestSeq = head + 1;
  }

  find(author: Side, id: string, after: number | undefined): RetryCheck {
    const name = nameOf(author, id);
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
      const found = nameOf(row.author, row.id);
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
    this.#seqByName.set(nameOf(author, id), seq);
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

function nameOf(author: Side, id: string): string {
  return author + id;
}
