import type { Message } from "./api.ts";

/**
 * How far a client has followed a conversation: every change up to the cursor, which is a `rev`. What skips one shows
 * that something was missed; then messages wait until a replay has brought it.
 */
export class Follower {
  #cursor: number | undefined;
  /** What was told since the replay was asked for: live frames that were under way come among it. */
  #waiting: Message[] | undefined;
  /** Every `rev` above the cursor at the beginning that was applied already: a replay brings it again. */
  #applied: ReadonlySet<number> = new Set();

  /** Undefined until the server said how the conversation stands. */
  get cursor(): number | undefined {
    return this.#cursor;
  }

  get isCatchingUp(): boolean {
    return this.#waiting !== undefined;
  }

  /** Whether the cursor is the conversation's, as far as is known. */
  get isLive(): boolean {
    return this.#cursor !== undefined && this.#waiting === undefined;
  }

  /** Follows from here on, where it did not follow yet. Some messages may be newer: their pages came later. */
  begin(rev: number, messages: readonly Message[] = []): void {
    this.#cursor ??= rev;
    this.#applied = new Set(messages.map((message) => message.rev));
  }

  /** What may be applied now; "missed" where something before it is missing: then it waits for the replay. */
  take(message: Message): readonly Message[] | "missed" {
    if (this.#waiting !== undefined) {
      this.#waiting.push(message);
      return [];
    }
    // Where the first one's number stands among the others is not known yet: a replay that begins with it tells.
    const isFirst = this.#cursor === undefined;
    this.#cursor ??= message.rev - 1;
    if (message.rev <= this.#cursor) {
      return [];
    }
    if (isFirst || message.rev > this.#cursor + 1) {
      this.#waiting = [message];
      return "missed";
    }
    this.#cursor = message.rev;
    return [message];
  }

  /** Whether a `rev` that the server named shows that something was missed. */
  isBehind(rev: number): boolean {
    return this.isLive && rev > (this.#cursor ?? 0);
  }

  /** A replay is asked for: what is told from now on waits. */
  catchUp(): void {
    this.#waiting ??= [];
  }

  /**
   * A replay ended at `rev`: all that waited, to be applied together. Undefined where something that waits is newer: it
   * was another replay, asked for before the gap that this one shall fill.
   */
  replayed(rev: number): readonly Message[] | undefined {
    const waiting = this.#waiting ?? [];
    return waiting.some((message) => message.rev > rev)
      ? undefined
      : waiting.filter(({ rev: taken }) => taken > (this.#cursor ?? 0) && !this.#applied.has(taken));
  }

  /** What was replayed is whole: the conversation is followed from `rev` on. */
  caughtUp(rev: number): void {
    this.#waiting = undefined;
    this.#cursor = Math.max(rev, this.#cursor ?? 0);
  }

  /** It was not: another one is asked for from the same cursor on. */
  again(): void {
    this.#waiting = [];
  }

  /** The socket of the replay is gone: it will be asked for anew. */
  lost(): void {
    this.#waiting = undefined;
  }

  /** Nothing that was followed counts any more. */
  reset(rev: number): void {
    this.#applied = new Set();
    this.#waiting = this.#waiting === undefined ? undefined : [];
    this.#cursor = rev;
  }
}
