import type {
  Content,
  Conversation,
  ConversationStatus,
  Live,
  Message,
  OutboxEntry,
  OutboxFrame,
  Sent,
  Timeline,
} from "./api.ts";
import type { ConversationPorts } from "./conversation-ports.ts";
import type { ConversationState } from "./conversation-state.ts";
import { PairlineError } from "./errors.ts";
import {
  requireBoolean,
  requireContent,
  requireFlags,
  requireText,
  requireThat,
  requireWhole,
} from "./misuse.ts";
import { randomId } from "./random-id.ts";

type Unnumbered<Frame> = Frame extends OutboxFrame ? Omit<Frame, "id" | "after"> : never;
type Change = Unnumbered<Exclude<OutboxFrame, { type: "send" }>>;
type Composed = Unnumbered<OutboxFrame>;

/** What the app does with one conversation. */
export class PeerConversation implements Conversation {
  readonly peer: string;
  readonly messages: Timeline;
  readonly status: Live<ConversationStatus>;
  readonly #state: ConversationState;
  readonly #ports: ConversationPorts;

  constructor(state: ConversationState, ports: ConversationPorts) {
    const { peer, feed, view, status } = state;
    this.peer = peer;
    this.status = status;
    this.messages = {
      get value() {
        return view.value;
      },
      subscribe: (listener) => view.subscribe(listener),
      get hasOlder() {
        return feed.hasOlder;
      },
      loadOlder(limit) {
        requireLimit(limit);
        return feed.pages.loadOlder(limit);
      },
      get hasNewer() {
        return feed.hasNewer;
      },
      loadNewer(limit) {
        requireLimit(limit);
        return feed.pages.loadNewer(limit);
      },
      openAt(seq) {
        requireWhole(seq, "seq", Number.MIN_SAFE_INTEGER);
        return feed.pages.openAt(seq);
      },
      openNewest: () => feed.pages.openNewest(),
    };
    this.#state = state;
    this.#ports = ports;
  }

  send(content: string | Content): Promise<Sent> {
    requireContent(content);
    return quiet(this.#send(typeof content === "string" ? { text: content } : content));
  }

  retry(id: string): Promise<Sent> {
    requireText(id, "id");
    return quiet(this.#retry(id));
  }

  discard(id: string): void {
    requireText(id, "id");
    this.#state.outbox.takeRefused(id);
  }

  edit(seq: number, text: string, options: { readonly after?: number } = {}): Promise<void> {
    requireWhole(seq, "seq");
    requireText(text, "text");
    requireThat(typeof options === "object" && options !== null, "the options of edit are an object");
    const { after } = options;
    if (after !== undefined) {
      requireWhole(after, "after", 0);
    }
    return quiet(this.#change({ type: "edit", seq, text }, after));
  }

  delete(seq: number): Promise<void> {
    requireWhole(seq, "seq");
    return quiet(this.#change({ type: "delete", seq }));
  }

  react(seq: number, emoji: string, on = true): Promise<void> {
    requireWhole(seq, "seq");
    requireText(emoji, "emoji");
    requireBoolean(on, "on");
    return quiet(this.#change({ type: "react", seq, emoji, on }));
  }

  markRead(seq = this.#state.head): void {
    requireWhole(seq, "seq", 0);
    this.#state.marks.want("read", seq);
    this.#state.status.changed();
  }

  typing(on: boolean): void {
    requireBoolean(on, "on");
    this.#state.typing.tell(on);
  }

  block(on = true): Promise<void> {
    requireBoolean(on, "on");
    return this.#request(on ? "PUT" : "DELETE", `${this.#state.path}/block`);
  }

  set(flags: { readonly muted?: boolean; readonly archived?: boolean }): Promise<void> {
    requireFlags(flags);
    return this.#request("PATCH", this.#state.path, flags);
  }

  async #request(method: string, path: string, body?: object): Promise<void> {
    this.#ports.noteSummary(await this.#ports.rest.request(method, path, body));
  }

  #send({ text, replyTo, data }: Content): Promise<Sent> {
    const content = {
      type: "send",
      text,
      ...(replyTo !== undefined && { replyTo }),
      ...(data !== undefined && { data: asJson(data) }),
    } as const;
    this.#state.typing.ownEnded();
    const { hasNewer, pages } = this.#state.feed;
    if (hasNewer || pages.isOpening) {
      // It stands behind the newest messages. Where these cannot be loaded the app may ask for them as for any page.
      pages.openNewest().catch(() => {});
    }
    return this.#add(content, replyTo);
  }

  async #retry(id: string): Promise<Sent> {
    const { frame, refused } = this.#state.outbox.takeRefused(id) ?? {};
    if (frame?.type !== "send") {
      throw new PairlineError("unknown_message", "no send of this id has failed");
    }
    const { replyTo, ...plain } = frame;
    // What a stale reply answered is no longer there.
    return this.#send(refused?.code === "stale" || replyTo === undefined ? plain : { ...plain, replyTo });
  }

  async #change(change: Change, seenRev?: number): Promise<void> {
    await this.#add(change, change.seq, seenRev);
  }

  /**
   * `about`: the number of the message that it answers or changes. `seenRev`: the `rev` of that message as the user saw
   * it, where the app says so.
   */
  #add(content: Composed, about: number | undefined, seenRev?: number): Promise<Sent> {
    const { feed } = this.#state;
    const { cursor } = feed;
    const target = about === undefined ? undefined : feed.get(about);
    const after = newestSeen(cursor, target?.rev, seenRev);
    const id = randomId();
    const frame: OutboxFrame = { ...content, id, ...(after !== undefined && { after }) };
    const sent = this.#state.outbox.add({
      id,
      peer: this.peer,
      order: this.#ports.nextOrder(),
      createdAt: Date.now(),
      frame,
      ...(target !== undefined && { target: targetOf(target) }),
    });
    this.#state.sync();
    return sent;
  }
}

/**
 * The newest `rev` that the user had seen. While the message that they saw is still the newest form held, that is the
 * client's cursor: a `rev` of before a restore would be refused as `stale`. A page may hold a form above the cursor. Of
 * a message that is not held nothing above the cursor can be trusted.
 */
function newestSeen(
  cursor: number | undefined,
  heldRev: number | undefined,
  seenRev: number | undefined,
): number | undefined {
  if (seenRev !== undefined && heldRev === undefined) {
    return Math.min(seenRev, cursor ?? seenRev);
  }
  if (seenRev !== undefined && seenRev < (heldRev ?? 0)) {
    return seenRev;
  }
  return heldRev === undefined ? cursor : Math.max(cursor ?? 0, heldRev);
}

function targetOf({ author, id, editedAt }: Message): NonNullable<OutboxEntry["target"]> {
  return { author, id, ...(editedAt !== undefined && { editedAt }) };
}

function requireLimit(limit: number | undefined): void {
  if (limit !== undefined) {
    requireWhole(limit, "limit", 1, 100);
  }
}

/** As it is now, whatever the app does with its object later. */
function asJson(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(JSON.stringify(data)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new PairlineError("bad_data", String(error), { field: "data" });
  }
}

/** That it failed is told by `refused` too: nobody has to wait for it. */
function quiet<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}
