import type { InboxServerFrame } from "../protocol/inbox-frame.ts";
import type { Client, ClientOptions, Conversation, Events, Live } from "./api.ts";
import type * as Api from "./api.ts";
import { backOffMs, defaultTiming } from "./back-off.ts";
import { Connection } from "./connection.ts";
import { Summaries } from "./conversation-list.ts";
import type { ConversationPorts } from "./conversation-ports.ts";
import { ConversationState } from "./conversation-state.ts";
import { PeerConversation } from "./conversation.ts";
import { PairlineError } from "./errors.ts";
import { Listeners } from "./events.ts";
import { FirstConnection } from "./first-connection.ts";
import { conversationLine, inboxLine, type Line } from "./line.ts";
import { ListRefresh } from "./list-refresh.ts";
import { listPage, profileOf } from "./list-requests.ts";
import { maxLookUps } from "./missed-messages.ts";
import { requireOptions } from "./misuse.ts";
import { watchNetwork } from "./network.ts";
import { fetchOf, socketsOf } from "./platform.ts";
import { PresenceFollower } from "./presence.ts";
import { Rest } from "./rest.ts";
import { memoryStorage } from "./storage.ts";
import { StoredOutbox } from "./stored-outbox.ts";
import { TaskLimit } from "./task-limit.ts";
import { Tokens } from "./tokens.ts";
import { requireUserId } from "./user-id.ts";

/** Until the server has announced its own. */
const defaultLimits = { maxTextBytes: 16_384, maxFrameBytes: 65_536, maxPresencePeers: 50 };

/** Connects at once, and stays connected until `close()`. */
export function createClient(options: ClientOptions): Client {
  return new PairlineClient(options);
}

class PairlineClient implements Client {
  readonly #onlyPeer: string | undefined;
  readonly #line: Line;
  readonly #timing: Api.Timing;
  readonly #listeners = new Listeners();
  readonly #connection: Connection;
  readonly #rest: Rest;
  readonly #stored: StoredOutbox;
  readonly #presence: PresenceFollower;
  readonly #summaries: Summaries;
  readonly #states = new Map<string, ConversationState>();
  readonly #conversations = new Map<string, Conversation>();
  readonly #ports: ConversationPorts;
  readonly #unwatch: () => void;
  #you: string | undefined;
  #limits = defaultLimits;
  readonly #first = new FirstConnection();
  readonly #refresh: ListRefresh;
  #closed: PairlineError | undefined;

  constructor(options: ClientOptions) {
    requireOptions(options);
    const { url, token, peer, storage = memoryStorage(), timing, ...platform } = options;
    const base = url.replace(/\/+$/, "");
    this.#onlyPeer = peer;
    this.#line = peer === undefined ? inboxLine : conversationLine(peer);
    this.#timing = { ...defaultTiming, ...timing };
    const tokens = new Tokens(token, this.#timing.answerMs);
    this.#rest = new Rest({
      url: base,
      tokens,
      timing: this.#timing,
      fetch: fetchOf(platform),
      ended: () => this.#ended(),
    });
    const trouble = (error: PairlineError) => this.#listeners.emit("trouble", error);
    this.#stored = new StoredOutbox(storage, this.#timing.answerMs, trouble);
    this.#connection = new Connection({
      tokens,
      timing: this.#timing,
      openSocket: socketsOf(platform),
      url: () => base.replace(/^http/, "ws") + this.#line.path(this.#onlyState()?.feed.cursor),
      opened: () => this.#onlyState()?.feed.catchUp(),
      received: (text) => this.#line.incoming(text).forEach((frame) => this.#take(frame)),
      lost: () => this.#lost(),
      stopped: (error) => this.#states.forEach((state) => state.stopped(error)),
      trouble,
    });
    this.#presence = new PresenceFollower({
      wanted: () => this.#wantedPeers(),
      maxPeers: () => this.#limits.maxPresencePeers,
      transmit: (frame) => this.#connection.isOpen && this.#connection.send(frame),
    });
    this.#summaries = new Summaries({
      page: async (query) => this.#first.onPage(await listPage(this.#rest, peer, query)),
      profile: (ofPeer) => profileOf(this.#rest, ofPeer),
      withPresence: (summary) => ({ ...summary, ...this.#presence.get(summary.peer) }),
      noted: (summary) => this.#state(summary.peer).stands(summary),
      observedChanged: () => this.#followPresence(),
    });
    this.#refresh = new ListRefresh({
      timing: this.#timing,
      isOpen: () => this.#connection.isOpen,
      refresh: () => this.#summaries.refresh(),
    });
    this.#ports = this.#conversationPorts();
    this.#unwatch = watchNetwork(
      () => this.#connection.returned(),
      () => this.#connection.wake(),
    );
    void this.#start();
  }

  get you(): string | undefined {
    return this.#you;
  }

  get connection(): Live<Api.Connection> {
    return this.#connection.state;
  }

  get limits(): Client["limits"] {
    return this.#limits;
  }

  get conversations(): Api.ConversationList {
    return this.#summaries;
  }

  conversation(peer: string): Conversation {
    requireUserId(peer);
    if (this.#onlyPeer !== undefined && peer !== this.#onlyPeer) {
      throw new PairlineError("bad_peer", "this client has one conversation, and it is another");
    }
    const conversation =
      this.#conversations.get(peer) ?? new PeerConversation(this.#state(peer), this.#ports);
    this.#conversations.set(peer, conversation);
    return conversation;
  }

  async user(id: string): Promise<Api.User> {
    requireUserId(id);
    return this.#rest.request("GET", `/v1/users/${encodeURIComponent(id)}`);
  }

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    return this.#listeners.on(name, listener);
  }

  connect(): void {
    if (this.#closed === undefined) {
      this.#connection.connect();
    }
  }

  close(): void {
    const error = new PairlineError("closed", "the client was closed");
    this.#closed = error;
    this.#unwatch();
    this.#connection.close();
    this.#lost();
    this.#rest.close();
    this.#summaries.close();
    this.#states.forEach((state) => state.close(error));
  }

  async #start(): Promise<void> {
    const entries = await this.#stored.load();
    if (this.#closed !== undefined) {
      return;
    }
    entries
      .filter(({ peer }) => this.#onlyPeer === undefined || peer === this.#onlyPeer)
      .forEach((entry) => this.#state(entry.peer).restore(entry));
    this.#connection.restart();
  }

  #state(peer: string): ConversationState {
    const known = this.#states.get(peer);
    if (known !== undefined) {
      return known;
    }
    const state = new ConversationState(peer, this.#ports);
    this.#states.set(peer, state);
    if (this.#closed !== undefined) {
      state.close(this.#closed);
    }
    return state;
  }

  #onlyState(): ConversationState | undefined {
    return this.#onlyPeer === undefined ? undefined : this.#state(this.#onlyPeer);
  }

  #take(frame: InboxServerFrame): void {
    if (frame.type === "ready") {
      this.#ready(frame);
    } else if (frame.type === "summary") {
      this.#summaries.note(frame);
    } else if (frame.type === "presence") {
      this.#ports.notePresence(frame.peer, frame.online, frame.lastSeen);
    } else if (frame.peer !== undefined) {
      this.#state(frame.peer).take(frame);
    } else if (frame.type === "error") {
      this.#takeError(frame);
    }
  }

  /** Of a conversation's errors each says which; these are about a token or who is followed. */
  #takeError(frame: Extract<InboxServerFrame, { type: "error" }>): void {
    if (frame.code === "archive_unavailable") {
      this.#presence.refused(frame.retryAfterMs ?? backOffMs(2, this.#timing));
    } else {
      const { code, message, field, retryAfterMs } = frame;
      this.#listeners.emit("trouble", new PairlineError(code, message, { field, retryAfterMs }));
    }
  }

  #ready({ you, limits, list }: Extract<InboxServerFrame, { type: "ready" }>): void {
    const isFirst = this.#first.onOpened();
    this.#you = you;
    this.#limits = limits;
    this.#connection.established();
    if (list !== undefined) {
      // What the list of the first socket shows is where the client begins.
      this.#summaries.first(isFirst ? list : this.#first.onPage(list));
      this.#first.onPage(list);
    }
    this.#states.forEach((state) => state.opened());
    this.#followPresence();
    if (list === undefined) {
      this.#refresh.startNow();
    } else if (!isFirst) {
      this.#refresh.startLater();
    }
  }

  #lost(): void {
    this.#refresh.stop();
    this.#presence.lost();
    this.#states.forEach((state) => state.lost());
    this.#summaries.changed();
  }

  #followPresence(): void {
    if (this.#onlyPeer === undefined) {
      this.#presence.changed();
    }
  }

  #wantedPeers(): string[] {
    const observed = Array.from(this.#states.values()).filter(({ isObserved }) => isObserved);
    const listed = this.#summaries.isObserved ? this.#summaries.value : [];
    return [...observed, ...listed].map(({ peer }) => peer);
  }

  #conversationPorts(): ConversationPorts {
    return {
      rest: this.#rest,
      timing: this.#timing,
      lookUps: new TaskLimit(maxLookUps),
      you: () => this.#you,
      isOpen: () => this.#connection.isOpen,
      ended: () => this.#ended(),
      eventsSinceMs: () => (this.#listeners.has("message") ? this.#first.serverMs : Infinity),
      wasAway: () => this.#first.wasLost,
      maxFrameBytes: () => this.#limits.maxFrameBytes,
      transmit: (peer, frame) =>
        this.#connection.isOpen && this.#connection.send(this.#line.outgoing(peer, frame)),
      askReplay: (peer, after) => this.#askReplay(peer, after),
      probe: () => this.#connection.probe(),
      keep: (entry) => this.#stored.keep(entry),
      forget: (id) => this.#stored.forget(id),
      nextOrder: () => this.#stored.nextOrder(),
      emit: (name, event) => this.#listeners.emit(name, event),
      summary: (peer) => this.#summaries.get(peer),
      noteSummary: (summary) => this.#summaries.note(summary),
      noteReset: (peer) => this.#summaries.reset(peer),
      presence: (peer) => this.#presence.get(peer),
      notePresence: (peer, isOnline, lastSeenMs) => {
        this.#presence.note(peer, isOnline, lastSeenMs);
        this.#state(peer).status.changed();
        this.#summaries.changed();
      },
      observedChanged: () => this.#followPresence(),
    };
  }

  #ended(): PairlineError | undefined {
    const connection = this.#connection.state.value;
    return connection.state === "stopped" ? connection.error : this.#closed;
  }

  #askReplay(peer: string, after: number | undefined): boolean {
    const { isOpen } = this.#connection;
    if (this.#onlyPeer === undefined) {
      return isOpen && this.#connection.send({ type: "sync", peer, ...(after !== undefined && { after }) });
    }
    // Its socket replays when it connects, which it is about to do where it is not open.
    if (isOpen) {
      this.#connection.restart();
    }
    return true;
  }
}
