import type { Message } from "../../src/protocol/message.ts";

/** What a client was promised: that an id became the message `seq`. */
interface Promised {
  readonly id: string;
  readonly seq: number;
}

/** Everything the clients of one conversation were told, over all their connections and all lives of the server. */
export class Ledger {
  /** Ids that somebody sent. */
  readonly sent = new Set<string>();
  readonly acknowledged = new Map<string, Promised>();
  readonly delivered = new Map<string, Promised>();
  /** Acknowledgements and frames that broke a rule as they came, in words. */
  readonly outOfOrder: string[] = [];
  /** Ids that came a second time where once was promised. */
  readonly doubled: string[] = [];
  /** What should not have been said at all: refusals, frames that no rule knows. */
  readonly refusals: string[] = [];

  acknowledge(id: string, seq: number): void {
    this.acknowledged.set(`${id} ${seq}`, { id, seq });
  }

  deliver({ id, seq }: Message): void {
    this.delivered.set(`${id} ${seq}`, { id, seq });
  }
}
