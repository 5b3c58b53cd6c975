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
      loadOlder: (limit) => feed.pages.loadOlder(limit),
      get hasNewer() {
        return feed.hasNewer;
      },
      loadNewer: (limit) => feed.pages.loadNewer(limit),
      openAt(seq) {
        requireNumber(seq);
        return feed.pages.openAt(seq);
      },
      openNewest: () => feed.pages.openNewest(),
    };
    this.#state = state;
    this.#ports = ports;
  }

  send(content: string | Content): Promise<Sent> {
    return quiet(this.#send(content));
  }

  retry(id: string): Promise<Sent> {
    return quiet(this.#retry(id));
  }

  discard(id: string): void {
    this.#state.outbox.takeRefused(id);
  }

  edit(seq: number, text: string, { after }: { readonly after?: number } = {}): Promise<void> {
    if (after !== undefined && !Number.isSafeInteger(after)) {
      throw new PairlineError("out_of_range", "`after` is the `rev` of the message when the edit was begun");
    }
    return quiet(this.#change({ type: "edit", seq, text }, after));
  }

  delete(seq: number): Promise<void> {
    return quiet(this.#change({ type: "delete", seq }));
  }

  react(seq: number, emoji: string, on = true): Promise<void> {
    return quiet(this.#change({ type: "react", seq, emoji, on }));
  }

  markRead(seq = this.#state.head): void {
    requireNumber(seq);
    this.#state.marks.want("read", seq);
    this.#state.status.changed();
  }

  typing(on: boolean): void {
    this.#state.typing.tell(on);
  }

  async block(on = true): Promise<void> {
    this.#ports.noteSummary(
      await this.#ports.rest.request(on ? "PUT" : "DELETE", `${this.#state.path}/block`),
    );
  }

  async set(flags: { readonly muted?: boolean; readonly archived?: boolean }): Promise<void> {
    this.#ports.noteSummary(await this.#ports.rest.request("PATCH", this.#state.path, flags));
  }

  async #send(said: string | Content): Promise<Sent> {
    const { text, replyTo, data } = typeof said === "string" ? { text: said } : said;
    this.#state.typing.ownEnded();
    if (this.#state.feed.hasNewer) {
      // It stands behind the newest messages. Where these cannot be loaded the app may ask for them as for any page.
      this.#state.feed.pages.openNewest().catch(() => {});
    }
    const content = {
      type: "send",
      text,
      ...(replyTo !== undefined && { replyTo }),
      ...(data !== undefined && { data: asJson(data) }),
    } as const;
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
 * client's cursor: a `rev` of before a restore would be refused as `stale`. A page may hold a form above the cursor.
 */
function newestSeen(
  cursor: number | undefined,
  heldRev: number | undefined,
  seenRev: number | undefined,
): number | undefined {
  if (seenRev !== undefined && (heldRev === undefined || seenRev < heldRev)) {
    return seenRev;
  }
  return heldRev === undefined ? cursor : Math.max(cursor ?? 0, heldRev);
}

function targetOf({ author, id, editedAt }: Message): NonNullable<OutboxEntry["target"]> {
  return { author, id, ...(editedAt !== undefined && { editedAt }) };
}

function requireNumber(seq: number): void {
  if (!Number.isSafeInteger(seq)) {
    throw new PairlineError("out_of_range", "a message's number is a whole number");
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
