import type { Refusal } from "../../protocol/errors.ts";
import type { SessionFrame } from "../../rpc/inbox.ts";

type Send = Extract<SessionFrame, { type: "send" }>;

/** Conversations whose revision is remembered. */
const maxPeers = 1_000;

/** The newest revision known of each conversation in which the server names its client's sends. */
export class Revisions {
  readonly #ask: (peer: string) => Promise<number | Refusal>;
  readonly #revs = new Map<string, number>();

  constructor(ask: (peer: string) => Promise<number | Refusal>) {
    this.#ask = ask;
  }

  /**
   * A send with the newest revision: one without a name of its own has no earlier try, so nothing is to be searched for
   * one. A conversation that cannot be asked takes it without, and searches.
   */
  async onPlaced(send: Send): Promise<Send | Refusal> {
    try {
      const rev = this.#revs.get(send.peer) ?? (await this.#ask(send.peer));
      if (typeof rev !== "number") {
        return rev;
      }
      this.#keep(send.peer, rev);
      return { ...send, after: rev };
    } catch {
      return send;
    }
  }

  /** A conversation went on. */
  onMoved(peer: string, rev: number): void {
    const known = this.#revs.get(peer);
    if (known !== undefined && rev > known) {
      this.#revs.set(peer, rev);
    }
  }

  forget(peer: string): void {
    this.#revs.delete(peer);
  }

  #keep(peer: string, rev: number): void {
    const [oldest] = this.#revs.keys();
    if (this.#revs.size >= maxPeers && oldest !== undefined) {
      this.#revs.delete(oldest);
    }
    this.#revs.set(peer, rev);
  }
}
