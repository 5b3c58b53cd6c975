import { broughtBack, withWishes } from "../archive/flags.ts";
import { untouched, writtenBy, type StoredMessage } from "../archive/stored-message.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import { otherSide, type Side } from "../protocol/pair.ts";
import type { FlagsBody } from "../protocol/rest.ts";
import type { Position } from "./changes.ts";
import type { Draft } from "./draft.ts";
import { emptyState, type Cursors, type Log, type LogState } from "./log.ts";
import { RetryChecker } from "./retry-check.ts";

export type SendOutcome =
  | { readonly kind: "stored" | "repeated"; readonly message: StoredMessage }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export type MarkOutcome =
  | { readonly kind: "marked"; readonly seq: number }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * The numbers of a conversation and the rules that hand them out. Every call is synchronous and runs inside the
 * caller's transaction: check, number and insert are one step. After a rollback the caller calls `reload`.
 */
export class Line {
  readonly #log: Log;
  #state: LogState = emptyState;
  #position!: Position;
  #countA!: number;
  #lastAtMs!: number;
  #retries!: RetryChecker;

  constructor(log: Log) {
    this.#log = log;
    this.reload();
  }

  /** Takes every number from the log again; a caller names the `state` whose marks of this turn are not saved yet. */
  reload(state: LogState = this.#log.readState()): void {
    const last = this.#log.last();
    this.#state = state;
    this.#countA = last?.countA ?? 0;
    this.#lastAtMs = last?.createdAtMs ?? 0;
    const head = last?.seq ?? 0;
    const rev = Math.max(last?.createdRev ?? 0, this.#log.newestChangeRev(), this.#state.floorRev);
    this.#position = { head, rev };
    this.#retries = new RetryChecker(this.#log, head);
  }

  get position(): Position {
    return this.#position;
  }

  get state(): LogState {
    return this.#state;
  }

  get isEmpty(): boolean {
    return this.#position.rev === 0;
  }

  get bothWrote(): boolean {
    return this.#countA > 0 && this.#countA < this.#position.head;
  }

  /**
   * Stores a message, or finds the one that an earlier try of this send became. A new one brings the conversation back
   * for whoever archived it; durable with the next `saveState`.
   */
  send(draft: Draft, nowMs: number): SendOutcome {
    const { author, id, text, after } = draft;
    if (after !== undefined && after > this.#position.rev) {
      return refused(
        refusal("out_of_range", { field: "after", message: "after is above the conversation's rev" }),
      );
    }
    const twin = this.#retries.find(author, id, after);
    if (twin === "stale") {
      return refused(refusal("stale"));
    }
    if (twin !== "none") {
      return this.#repeat(twin, text);
    }
    const message: StoredMessage = {
      ...untouched,
      seq: this.#position.head + 1,
      rev: this.#position.rev + 1,
      createdRev: this.#position.rev + 1,
      author,
      id,
      text,
      // A clock that steps back must not show a later message above an earlier one.
      createdAtMs: Math.max(nowMs, this.#lastAtMs),
      countA: this.#countA + (author === "a" ? 1 : 0),
    };
    this.#log.append(message);
    this.#position = { head: message.seq, rev: message.rev };
    this.#countA = message.countA;
    this.#lastAtMs = message.createdAtMs;
    this.#retries.add(author, id, message.seq, message.createdRev);
    this.#state = { ...this.#state, flags: broughtBack(this.#state.flags) };
    return { kind: "stored", message };
  }

  /** Moves a read cursor forward; durable with the next `saveState`. */
  read(side: Side, seq: number): MarkOutcome {
    if (seq > this.#position.head) {
      return refused(aboveHead());
    }
    const read = { ...this.#state.read, [side]: Math.max(seq, this.#state.read[side]) };
    this.#state = { ...this.#state, read };
    return { kind: "marked", seq: read[side] };
  }

  /** Mutes or archives for a side; durable with the next `saveState`. */
  setFlags(side: Side, wishes: FlagsBody): void {
    this.#state = { ...this.#state, flags: withWishes(this.#state.flags, side, wishes) };
  }

  /** How far a side's devices have everything: never below what it read. */
  deliveredAtLeast(side: Side): number {
    return Math.max(this.#state.delivered[side], this.#state.read[side]);
  }

  keepDelivered(side: Side, seq: number): void {
    this.saveState({ delivered: { ...this.#state.delivered, [side]: seq } });
  }

  /** Writes the state row. Throws what the storage throws, with the line unchanged. */
  saveState(change: Partial<LogState> = {}): void {
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
    const countA = seq === this.#position.head ? this.#countA : (this.#log.message(seq)?.countA ?? 0);
    return seq === 0 ? 0 : writtenBy(otherSide(side), { seq, countA });
  }

  #repeat(seq: number, text: string): SendOutcome {
    const message = this.#log.message(seq);
    if (message === undefined) {
      throw new Error("a known message is not in the log");
    }
    const unchanged = message.rev === message.createdRev;
    return unchanged && message.text !== text ? refused(refusal("conflict")) : { kind: "repeated", message };
  }
}

/** A mark on a message that is not there. */
export function aboveHead(): Refusal {
  return refusal("out_of_range", { field: "seq", message: "seq is above the conversation's head" });
}

function refused(reason: Refusal): { kind: "refused"; refusal: Refusal } {
  return { kind: "refused", refusal: reason };
}
