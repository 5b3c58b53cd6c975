import type { ErrorCode } from "../../src/protocol/errors.ts";
import type { Message, Receipt } from "../../src/protocol/message.ts";

/** What a client was doing when it was refused. */
export type Doing = "send" | "send by REST" | "newest page" | "older page" | "socket";

/** A refusal that the test itself provokes; all others are faults. */
export type Explained = `${Doing}: ${ErrorCode}`;

/** Everything the clients of one conversation were told, over all their connections and all lives of the server. */
export class Ledger {
  /** What was written, by its id: as its author meant it, before anything that is under test had it. */
  readonly sent = new Map<string, Pick<Message, "author" | "text">>();
  readonly acknowledged = new Map<string, Receipt>();
  /** Each form in which a message was shown, by frames and by pages. */
  readonly delivered = new Map<string, Message>();
  /** Acknowledgements and frames that broke a rule as they came, in words. */
  readonly outOfOrder: string[] = [];
  /** Ids that came a second time where once was promised. */
  readonly doubled: string[] = [];
  /** What should not have been said at all: refusals, failures, frames that no rule knows. */
  readonly refusals: string[] = [];
  /** Pages of history that came. */
  pages = 0;
  readonly #explained: ReadonlySet<string>;

  constructor(explained: readonly Explained[] = []) {
    this.#explained = new Set(explained);
  }

  acknowledge({ id, seq, rev, createdAt }: Receipt): void {
    this.acknowledged.set(`${id} ${seq}`, { id, seq, rev, createdAt });
  }

  deliver(message: Message): void {
    this.delivered.set(JSON.stringify(message), message);
  }

  /** Notes a refusal, by its code in the catalogue or in words; answers whether it was to be expected. */
  refuse(doing: Doing, why: string): boolean {
    const refusal = `${doing}: ${why}`;
    const isExplained = this.#explained.has(refusal);
    if (!isExplained) {
      this.refusals.push(refusal);
    }
    return isExplained;
  }
}
