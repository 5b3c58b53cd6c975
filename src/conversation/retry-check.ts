import { fixedLimits } from "../protocol/limits.ts";
import type { Side } from "../protocol/pair.ts";
import type { Log } from "./log.ts";

/** Rows that are examined whatever `after` says, for clients that get it wrong. */
export const alwaysCheckedRows = 100;

/** The twin's `seq`, or that there is none, or that it could not be told within the row limit. */
export type RetryCheck = number | "none" | "stale";

/**
 * Finds the message an earlier try of the same send became. A twin can only lie after `after`, so the check walks the
 * names newest first and stops there: no index, no clock, no expiry. Names walked once stay in memory.
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
    if (this.#reaches(after)) {
      return "none";
    }
    for (const row of this.#log.idsBelow(this.#lowestSeq)) {
      const found = nameOf(row.author, row.id);
      this.#seqByName.set(found, row.seq);
      this.#lowestSeq = row.seq;
      this.#lowestRev = row.createdRev;
      if (found === name) {
        return row.seq;
      }
      if (this.#reaches(after)) {
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

  // Names at or below `after` cannot be twins, once the newest rows were all looked at.
  #reaches(after: number | undefined): boolean {
    return after !== undefined && this.#seqByName.size >= alwaysCheckedRows && this.#lowestRev <= after;
  }
}

function nameOf(author: Side, id: string): string {
  return author + id;
}
