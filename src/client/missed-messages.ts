import type { History, Missed } from "./history.ts";

export interface MissedMessagesPorts {
  readonly history: History;
  /**
   * The time of the server's clock since when every new message is an event: when the client connected first. Infinity
   * while that is not known, and if nobody listens.
   */
  eventsSinceMs(): number;
  /** Whether the client was away since then. */
  wasAway(): boolean;
}

/**
 * Finds the messages that were sent while the client was away in a conversation that it did not know yet: no cursor
 * says where they begin, but the time of the first connection does.
 */
export class MissedMessages {
  readonly #ports: MissedMessagesPorts;
  #isWanted = false;
  #isSearching = false;
  #wasReset = false;

  constructor(ports: MissedMessagesPorts) {
    this.#ports = ports;
  }

  /** Whether they are to be found before the conversation can be followed. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** Messages created later are new. After a reset no time says which are. */
  get sinceMs(): number {
    return this.#wasReset ? Infinity : this.#ports.eventsSinceMs();
  }

  /** Whether there may be some, if the conversation is not known yet. */
  get isPossible(): boolean {
    return this.sinceMs < Infinity && (this.#isWanted || this.#ports.wasAway());
  }

  want(): void {
    this.#isWanted = true;
  }

  /** The history is another one now. */
  reset(): void {
    this.#wasReset = true;
    this.#isWanted = false;
  }

  /** Calls back with what was found, or with undefined if that failed; not after a reset, and once for calls at the same time. */
  async find(found: (missed: Missed | undefined) => void): Promise<void> {
    this.#isWanted = true;
    if (this.#isSearching) {
      return;
    }
    this.#isSearching = true;
    const missed = await this.#ports.history.createdAfter(this.sinceMs).catch(() => undefined);
    this.#isSearching = false;
    if (this.#isWanted) {
      this.#isWanted = missed === undefined;
      found(missed);
    }
  }
}
