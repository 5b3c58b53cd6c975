import { inboxServerFrameSchema, type InboxServerFrame } from "../../src/protocol/inbox-frame.ts";
import type { ConversationList } from "../../src/protocol/conversation-list.ts";
import type { Message, Receipt } from "../../src/protocol/message.ts";
import { socketOf, tokenFor, upgradeHeaders, worker } from "./clients.ts";
import { inboxUrl } from "./inbox-client.ts";
import { listOf } from "./lists.ts";

interface Draft {
  readonly peer: string;
  readonly id: string;
  readonly text: string;
  readonly after: number;
}

/** A device's copy of one conversation. */
export interface Copy {
  cursor: number;
  readonly log: Map<number, Message>;
  /** Every message frame that counted, in order of arrival. */
  readonly shown: Message[];
  /** A `sync` is under way. */
  isSyncing: boolean;
  /** A higher `rev` than the cursor was heard of. */
  heardRev: number;
}

/** A client of the inbox socket that does as docs/protocol says: a cursor for each peer, `sync` where it missed something, resends. */
export class InboxDevice {
  readonly #user: string;
  readonly #watchers = new Set<() => void>();
  readonly #copies = new Map<string, Copy>();
  #socket: WebSocket | undefined;
  #isReady = false;
  #position: number | undefined;
  readonly outbox = new Map<string, Draft>();
  readonly acks = new Map<string, Receipt>();
  readonly frames: InboxServerFrame[] = [];
  /** What these rules must not lead to, in words. */
  readonly faults: string[] = [];

  constructor(user: string) {
    this.#user = user;
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  copyOf(peer: string): Copy {
    const copy = this.#copies.get(peer) ?? {
      cursor: 0,
      log: new Map(),
      shown: [],
      isSyncing: false,
      heardRev: 0,
    };
    this.#copies.set(peer, copy);
    return copy;
  }

  messagesOf(peer: string): Message[] {
    return [...this.copyOf(peer).log.values()].toSorted((one, other) => one.seq - other.seq);
  }

  /** Connects, takes the list, and sends again what nobody acknowledged. */
  async connect(): Promise<void> {
    this.#isReady = false;
    for (const copy of this.#copies.values()) {
      copy.isSyncing = false;
    }
    const headers = upgradeHeaders(await tokenFor(this.#user));
    const socket = socketOf(await worker.fetch(inboxUrl, { headers }));
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(socket, String(data)));
    socket.addEventListener("close", () => this.#gone(socket));
    socket.accept();
    await this.until(() => this.#isReady || !this.isOpen);
    this.resend();
  }

  /** What moved since the list it has, until the archive answers. */
  async catchUpList(): Promise<void> {
    const since = this.#position === undefined ? {} : { changedSince: this.#position };
    const list = await listOf(this.#user, since).catch(() => undefined);
    if (list !== undefined) {
      this.#takeList(list);
    } else if (this.isOpen) {
      await scheduler.wait(50);
      await this.catchUpList();
    }
  }

  resend(): void {
    for (const draft of this.outbox.values()) {
      this.#transmit({ type: "send", ...draft });
    }
  }

  disconnect(): void {
    this.#socket?.close(1000, "");
    this.#socket = undefined;
  }

  /** Queues a message and sends it while the socket is open. Answers its id. */
  send(peer: string, text: string): string {
    const draft = { peer, id: crypto.randomUUID(), text, after: this.copyOf(peer).cursor };
    this.outbox.set(draft.id, draft);
    this.#transmit({ type: "send", ...draft });
    return draft.id;
  }

  sync(peer: string): void {
    const copy = this.copyOf(peer);
    if (!copy.isSyncing && this.#socket !== undefined) {
      copy.isSyncing = true;
      this.#transmit({ type: "sync", peer, after: copy.cursor });
    }
  }

  /** Returns when `condition` holds; it is looked at after each frame and close. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const watcher = () => {
        if (condition()) {
          this.#watchers.delete(watcher);
          resolve();
        }
      };
      this.#watchers.add(watcher);
      watcher();
    });
  }

  /** Returns when all it sent is acknowledged; connects again where its socket ended. */
  acknowledged(): Promise<void> {
    return this.complete({});
  }

  /** Returns when it has this many messages of each peer and all its own are acknowledged; connects again where its socket ended. */
  async complete(counts: Readonly<Record<string, number>>): Promise<void> {
    const isDone = () =>
      this.outbox.size === 0 &&
      Object.entries(counts).every(([peer, count]) => this.copyOf(peer).log.size >= count);
    while (!isDone()) {
      if (!this.isOpen) {
        await this.connect();
      }
      await this.until(() => isDone() || !this.isOpen);
    }
  }

  #transmit(frame: object): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #take(socket: WebSocket, data: string): void {
    if (socket !== this.#socket) {
      return;
    }
    const frame = inboxServerFrameSchema.parse(JSON.parse(data));
    this.frames.push(frame);
    this.#act(frame);
    for (const watcher of this.#watchers) {
      watcher();
    }
  }

  #act(frame: InboxServerFrame): void {
    if (frame.type === "ready") {
      this.#takeReady(frame.list);
    } else if (frame.type === "message") {
      this.#takeMessage(frame.peer, frame.message);
    } else if (frame.type === "summary") {
      this.#heard(frame.peer, frame.rev);
    } else if (frame.type === "synced") {
      const copy = this.copyOf(frame.peer);
      copy.isSyncing = false;
      copy.cursor = Math.max(copy.cursor, frame.rev);
      this.#heard(frame.peer, copy.heardRev);
    } else if (frame.type === "ack") {
      this.acks.set(frame.id, frame);
      this.outbox.delete(frame.id);
      // That of a repeat: the message itself was shown to a socket that broke.
      this.#heard(frame.peer, frame.rev);
    } else if (frame.type === "reset") {
      this.faults.push("a reset");
    } else if (frame.type === "error") {
      this.#refused(frame);
    }
  }

  #takeReady(list: ConversationList | undefined): void {
    this.#isReady = true;
    // Without a list nothing says what was missed: it asks every conversation it knows of, and for the list later.
    if (list === undefined) {
      for (const peer of this.#copies.keys()) {
        this.sync(peer);
      }
      void this.catchUpList();
    } else {
      this.#takeList(list);
    }
  }

  #takeList(list: ConversationList): void {
    this.#position = list.position;
    for (const { peer, rev } of list.conversations) {
      this.#heard(peer, rev);
    }
  }

  #takeMessage(peer: string, message: Message): void {
    const copy = this.copyOf(peer);
    const known = copy.log.get(message.seq);
    if (known !== undefined && known.id !== message.id) {
      this.faults.push(`seq ${message.seq} shown as two messages`);
    }
    if (known === undefined || message.rev > known.rev) {
      copy.log.set(message.seq, message);
      copy.shown.push(message);
    }
    // While it catches up the cursor waits for `synced`: what comes now may lie beyond the gap.
    if (!copy.isSyncing && message.rev === copy.cursor + 1) {
      copy.cursor = message.rev;
    }
    this.#heard(peer, message.rev);
  }

  #heard(peer: string, rev: number): void {
    const copy = this.copyOf(peer);
    copy.heardRev = Math.max(copy.heardRev, rev);
    if (copy.heardRev > copy.cursor) {
      this.sync(peer);
    }
  }

  #refused({ peer, id }: Extract<InboxServerFrame, { type: "error" }>): void {
    const draft = id === undefined ? undefined : this.outbox.get(id);
    if (draft !== undefined) {
      setTimeout(() => this.#transmit({ type: "send", ...draft }), 100);
    } else if (peer !== undefined) {
      this.copyOf(peer).isSyncing = false;
      setTimeout(() => this.sync(peer), 100);
    }
  }

  #gone(socket: WebSocket): void {
    if (socket === this.#socket) {
      this.#socket = undefined;
      for (const watcher of this.#watchers) {
        watcher();
      }
    }
  }
}
