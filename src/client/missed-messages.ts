import type { Page } from "../protocol/rest.ts";
import type { Timing } from "./api.ts";
import { backOffMs } from "./back-off.ts";
import { PairlineError } from "./errors.ts";
import type { History, Missed, PagePlace } from "./history.ts";
import type { TaskLimit } from "./task-limit.ts";
import { Timer } from "./timer.ts";

/** Requests at a time, over all conversations: many look-ups begin together after an absence. */
export const maxLookUps = 4;
/** After so many failures of a page in a row the messages begin anew. */
const maxFailures = 5;
/** Answers that another request would get as well. */
const final: ReadonlySet<string> = new Set(["stale", "not_found", "gone", "bad_peer", "unknown_peer"]);

export interface MissedMessagesPorts {
  readonly timing: Timing;
  readonly history: History;
  /** Limits the requests that look for missed messages, over all conversations of the client. */
  readonly lookUps: TaskLimit;
  /** Whether the current socket has received `ready`. */
  isOpen(): boolean;
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
  readonly #retry = new Timer();
  /** Ends the wait before the next request. */
  #resume = () => {};
  #isWanted = false;
  #isSearching = false;
  #wasReset = false;
  /** Whether the server named how long to wait. */
  #isToldWhen = false;

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
    this.cancel();
  }

  /** The conversation is followed without them. */
  cancel(): void {
    this.#isWanted = false;
  }

  /** The socket is gone. The next one ends the wait, unless the server named its length. */
  lost(): void {
    if (!this.#isToldWhen) {
      this.#retry.clear();
    }
  }

  /** No socket comes by itself, so no timer may stay. */
  stopped(): void {
    this.#retry.clear();
  }

  /**
   * Looks for them, or goes on with that after a lost socket. Calls back once: with what was found, or with undefined
   * if they cannot be loaded; not after `reset()` or `cancel()`.
   */
  find(found: (missed: Missed | undefined) => void): void {
    this.#isWanted = true;
    if (!this.#isSearching) {
      this.#isSearching = true;
      void this.#search(found);
    } else if (!this.#retry.isSet) {
      this.#resume();
    }
  }

  async #search(found: (missed: Missed | undefined) => void): Promise<void> {
    const missed = await this.#ports.history
      .createdAfter(this.sinceMs, (place) => this.#page(place))
      .catch(() => undefined);
    if (this.#isWanted) {
      this.#isWanted = false;
      found(missed);
    }
  }

  /** Requests a page until it comes. A failure counts only if the client was connected: others end with the absence. */
  async #page(place: PagePlace): Promise<Page> {
    const { lookUps, timing } = this.#ports;
    for (let failures = 0; ;) {
      try {
        return await lookUps.run(() => this.#request(place));
      } catch (error) {
        const { code, retryAfterMs = -1 } = error as PairlineError;
        const isOpen = this.#ports.isOpen();
        failures += Number(isOpen);
        if (!this.#isWanted || final.has(code) || failures === maxFailures) {
          throw error;
        }
        await this.#wait(retryAfterMs, isOpen ? backOffMs(failures, timing) : -1);
      }
    }
  }

  /** One try only: the wait before the next must not keep other conversations from theirs. */
  async #request(place: PagePlace): Promise<Page> {
    if (!this.#isWanted || !this.#ports.isOpen()) {
      throw new PairlineError("network", "");
    }
    return this.#ports.history.page(place, 1);
  }

  /** Waits for the longer of both, and for the next socket if both are negative. */
  #wait(toldMs: number, ownMs: number): Promise<void> {
    this.#isToldWhen = toldMs > 0;
    return new Promise((resolve) => {
      this.#resume = resolve;
      const waitMs = Math.max(toldMs, ownMs);
      if (waitMs >= 0) {
        this.#retry.set(waitMs, resolve);
      }
    });
  }
}
