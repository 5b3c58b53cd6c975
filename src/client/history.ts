import type { Page } from "../protocol/rest.ts";
import type { Message, OutboxEntry } from "./api.ts";
import { PairlineError } from "./errors.ts";
import type { Rest } from "./rest.ts";

/** Messages of a page that a walk through the history asks for. */
const walkedMessages = 100;
/** As many as the server replays (RP3): after more the messages begin anew. */
const mostMissedMessages = 1_000;

/** What was missed of a conversation: every message up to `head`, as they are at `rev` or later. */
export interface Missed {
  readonly messages: readonly Message[];
  readonly head: number;
  readonly rev: number;
}

/** Where in the history a page lies, and the `rev` at which it must be true at least. */
export interface PagePlace {
  readonly before?: number;
  /** A `seq`. */
  readonly after?: number;
  readonly limit?: number;
  readonly rev?: number;
}

/** A conversation's history by REST. */
export class History {
  readonly #rest: Rest;
  readonly #path: string;

  constructor(rest: Rest, conversationPath: string) {
    this.#rest = rest;
    this.#path = `${conversationPath}/messages`;
  }

  page(place: PagePlace, maxTries?: number): Promise<Page> {
    const query = Object.entries(place).map(([name, value]) => `${name}=${value}`);
    const path = query.length === 0 ? this.#path : `${this.#path}?${query.join("&")}`;
    return this.#rest.request("GET", path, undefined, maxTries);
  }

  /**
   * The messages created after a time of the server's clock, oldest first, by pages that `pageOf` loads; undefined if
   * they are too many.
   */
  async createdAfter(
    timeMs: number,
    pageOf: (place: PagePlace) => Promise<Page>,
  ): Promise<Missed | undefined> {
    let page = await pageOf({ limit: walkedMessages });
    const { head, rev } = page;
    let messages: Message[] = [];
    for (;;) {
      const created = page.messages.filter(({ createdAt }) => createdAt > timeMs) as Message[];
      messages = [...created, ...messages];
      const [oldest] = messages;
      if (oldest === undefined || created.length < page.messages.length || !page.hasMore) {
        return { messages, head, rev };
      }
      if (messages.length > mostMissedMessages) {
        return undefined;
      }
      page = await pageOf({ before: oldest.seq, limit: walkedMessages, rev });
    }
  }

  /**
   * Looks for the first try of a send that the server could not look for (`stale`): the message, or the send with an
   * `after` behind which it is not. Messages of a lower `rev` than the first `after` were there before it.
   */
  async settle(entry: OutboxEntry, author: string | undefined): Promise<Message | OutboxEntry> {
    const { after = 0 } = entry.frame;
    let page = await this.page({ limit: walkedMessages });
    const { rev } = page;
    for (;;) {
      const found = page.messages.find((message) => message.id === entry.id && message.author === author);
      if (found !== undefined) {
        return found as Message;
      }
      const [oldest] = page.messages;
      if (oldest === undefined || !page.hasMore || page.messages.some((message) => message.rev <= after)) {
        return { ...entry, frame: { ...entry.frame, after: rev } };
      }
      page = await this.page({ before: oldest.seq, limit: walkedMessages, rev });
    }
  }

  /**
   * A change or a reply whose message has the number it had (CH8). Throws a PairlineError `stale` where another one has
   * it now.
   */
  async relocate(entry: OutboxEntry): Promise<OutboxEntry> {
    const { frame, target } = entry;
    const seq = frame.type === "send" ? (frame.replyTo ?? 0) : frame.seq;
    const page = await this.page({ before: seq + 1, limit: 1 });
    const found = page.messages.at(-1);
    if (target === undefined || found?.id !== target.id || found.author !== target.author) {
      throw new PairlineError("stale", "the message that this is about is no longer where it was");
    }
    if (frame.type === "send" || (frame.type === "edit" && isEditedSince(found as Message, entry))) {
      // Of an edit the server decides by the `after` it has: it may be a retry, or `superseded`.
      return entry;
    }
    return { ...entry, frame: { ...frame, after: page.rev } };
  }
}

/** Whether the message's text may be newer than the one that the user of the change had seen. */
function isEditedSince({ rev, editedAt }: Message, { frame: { after = 0 }, target }: OutboxEntry): boolean {
  return rev > after && editedAt !== target?.editedAt;
}
