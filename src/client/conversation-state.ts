import type { Summary } from "../protocol/conversation-list.ts";
import type { ConversationMessage, ConversationStatus, Message, OutboxEntry, OutboxFrame } from "./api.ts";
import type { Applied } from "./backlog.ts";
import type { ConversationPorts, PeerFrame } from "./conversation-ports.ts";
import { statusOf } from "./conversation-status.ts";
import { PairlineError } from "./errors.ts";
import { Feed } from "./feed.ts";
import { History } from "./history.ts";
import { View } from "./live.ts";
import { Marks } from "./marks.ts";
import { MissedMessages } from "./missed-messages.ts";
import { Outbox } from "./outbox.ts";
import { Timer } from "./timer.ts";
import { Typing } from "./typing.ts";
import { utf8Length } from "./utf8-length.ts";

/** Messages that are kept of a conversation that nobody looks at. */
const keptMessages = 200;

/** Refusals of frames without an `id` that say of the whole conversation that it cannot be. */
const noConversation: ReadonlySet<string> = new Set(["bad_peer", "unknown_peer"]);

/** One conversation as its user sees it: what the server told, and what waits to be told to the server. */
export class ConversationState {
  readonly peer: string;
  readonly status: View<ConversationStatus>;
  readonly #ports: ConversationPorts;
  readonly path: string;
  readonly view: View<readonly ConversationMessage[]>;
  readonly feed: Feed;
  readonly marks: Marks;
  readonly outbox: Outbox;
  readonly typing: Typing;
  readonly #markTimer = new Timer();
  #wasLive = false;

  constructor(peer: string, ports: ConversationPorts) {
    this.peer = peer;
    this.#ports = ports;
    this.path = `/v1/conversations/${encodeURIComponent(peer)}`;
    const observed = () => this.#observedChanged();
    this.view = new View(() => this.#shown(), observed);
    this.status = new View(() => this.#status(), observed);
    const transmit = (frame: object) => ports.transmit(peer, frame);
    const history = new History(ports.rest, this.path);
    this.feed = new Feed({
      timing: ports.timing,
      history,
      missed: new MissedMessages({ ...ports, history }),
      askReplay: (after) => ports.askReplay(peer, after),
      ended: () => ports.ended(),
      applied: (applied) => this.#applied(applied),
      loaded: (messages) => this.#loaded(messages),
      restarted: () => this.#restarted(),
    });
    this.marks = new Marks({ transmit, head: () => this.head });
    this.typing = new Typing(transmit, () => this.status.changed());
    this.outbox = new Outbox({
      timing: ports.timing,
      cursor: () => (this.isLive ? this.feed.cursor : undefined),
      fault: (frame) => this.#fault(frame),
      transmit,
      probe: () => ports.probe(),
      relocate: (entry) => history.relocate(entry),
      settle: (entry) => history.settle(entry, ports.you()),
      keep: (entry) => ports.keep(entry),
      forget: (id) => ports.forget(id),
      refused: ({ id, frame }, error) => ports.emit("refused", { peer, id, error, frame }),
      changed: () => this.view.changed(),
    });
  }

  get isObserved(): boolean {
    return this.view.isObserved || this.status.isObserved;
  }

  get isLive(): boolean {
    return this.#ports.isOpen() && this.feed.isLive;
  }

  restore(entry: OutboxEntry): void {
    this.outbox.restore(entry);
    this.sync();
  }

  /** The server has greeted a socket. */
  opened(): void {
    this.sync();
    if (!this.feed.isCatchingUp) {
      this.marks.flush();
    }
    this.#advance();
    this.status.changed();
  }

  /** The socket is gone. */
  lost(): void {
    this.#wasLive = false;
    this.#markTimer.clear();
    this.feed.lost();
    this.marks.lost();
    this.outbox.lost();
    this.typing.ownEnded();
    this.typing.peer(false);
    this.status.changed();
  }

  /** There will be no socket before the app asks for one. */
  stopped(error: PairlineError): void {
    this.feed.stopped(error);
  }

  close(error: PairlineError): void {
    this.lost();
    this.stopped(error);
    this.outbox.close(error);
  }

  /** What the list or a `summary` says. */
  stands({ rev, head, read, unread, last }: Summary): void {
    this.marks.moved("read", "you", read.you);
    this.marks.moved("read", "peer", read.peer);
    this.feed.stands(rev, head, last?.createdAt);
    if (unread > 0) {
      this.marks.want("delivered", head);
    }
    this.#advance();
    this.status.changed();
  }

  take(frame: PeerFrame): void {
    switch (frame.type) {
      case "message":
        this.feed.take(frame.message as Message);
        break;
      case "synced":
        this.#synced(frame);
        break;
      case "ack":
        this.outbox.settled(frame);
        this.feed.stands(frame.rev);
        break;
      case "reset":
        this.#ports.noteReset(this.peer);
        this.outbox.reset(frame.rev);
        this.feed.reset(frame.rev);
        break;
      case "error":
        this.#error(frame);
        break;
      case "read":
      case "delivered":
        this.marks.moved(frame.type, frame.user === this.peer ? "peer" : "you", frame.seq);
        break;
      case "typing":
        this.typing.peer(frame.on);
    }
    this.#advance();
    this.status.changed();
  }

  /** Tells and sends what waited for the conversation to be live, by whichever frame or answer it became so. */
  #advance(): void {
    const wasLive = this.#wasLive;
    this.#wasLive = this.isLive;
    if (this.#wasLive) {
      if (!wasLive) {
        this.marks.flush();
      }
      this.outbox.pump();
    }
  }

  get head(): number {
    return this.feed.newest?.head ?? this.#ports.summary(this.peer)?.head ?? 0;
  }

  /** What waits to be sent stands behind the newest messages. */
  #shown(): readonly ConversationMessage[] {
    const { messages, hasNewer } = this.feed;
    return hasNewer ? messages : [...messages, ...this.outbox.pending(this.#ports.you())];
  }

  #status(): ConversationStatus {
    const { messages = [], oldest = Infinity } = this.feed.newest ?? {};
    return statusOf({
      you: this.#ports.you(),
      isLive: this.isLive,
      head: this.head,
      oldest,
      messages,
      read: this.marks.read,
      delivered: this.marks.delivered,
      readHere: this.marks.readHere,
      peerTyping: this.typing.isPeerTyping,
      presence: this.#ports.presence(this.peer),
      summary: this.#ports.summary(this.peer),
    });
  }

  /** Asks how the conversation stands, where somebody wants to know and nobody told, or a socket died before it brought what moved. */
  sync(): void {
    const { cursor = Infinity } = this.feed;
    const isBehind = (this.#ports.summary(this.peer)?.rev ?? 0) > cursor;
    const isWanted = this.isObserved || !this.outbox.isEmpty || this.feed.isWanted || isBehind;
    if (this.#ports.isOpen() && isWanted && !this.feed.isLive) {
      this.feed.catchUp();
    }
  }

  #synced({ rev, head, read, delivered, peerOnline }: Extract<PeerFrame, { type: "synced" }>): void {
    this.marks.moved("read", "you", read.you);
    this.marks.moved("read", "peer", read.peer);
    this.marks.moved("delivered", "you", delivered.you);
    this.marks.moved("delivered", "peer", delivered.peer);
    this.#ports.notePresence(this.peer, peerOnline);
    this.feed.synced(rev, head);
    this.view.changed();
  }

  /** For a frame that is too large the server would close the socket. */
  #fault(frame: OutboxFrame): PairlineError | undefined {
    const bytes = utf8Length(JSON.stringify({ ...frame, peer: this.peer }));
    return bytes > this.#ports.maxFrameBytes()
      ? new PairlineError("too_large", `the frame has ${bytes} bytes`, { field: "text" })
      : undefined;
  }

  #applied(applied: readonly Applied[]): void {
    const you = this.#ports.you();
    for (const { message, isNew } of applied) {
      if (message.author === you) {
        this.outbox.settled(message);
      } else if (isNew) {
        this.typing.peer(false);
        this.marks.want("delivered", message.seq);
      }
    }
    if (!this.isObserved) {
      this.feed.trim(keptMessages);
    }
    this.view.changed();
    applied.forEach((each) => this.#ports.emit("message", { peer: this.peer, ...each }));
  }

  #loaded(messages: readonly Message[]): void {
    const you = this.#ports.you();
    messages.filter(({ author }) => author === you).forEach((message) => this.outbox.settled(message));
    this.view.changed();
    this.status.changed();
  }

  #restarted(): void {
    this.marks.reset();
    this.view.changed();
    this.#ports.emit("reset", { peer: this.peer });
    if (this.view.isObserved) {
      // Who looked at it sees the newest page again. Where it fails, they may ask for it as for any other.
      this.feed.pages.loadOlder().catch(() => {});
    }
  }

  #error(frame: Extract<PeerFrame, { type: "error" }>): void {
    const { id, code, message, field, retryAfterMs } = frame;
    const error = new PairlineError(code, message, { field, retryAfterMs });
    if (code === "stale" || code === "out_of_range") {
      this.feed.catchUp();
    }
    if (id !== undefined) {
      this.outbox.refusal(id, error);
    } else if (noConversation.has(code)) {
      this.feed.stopped(error);
      this.outbox.refuseAll(error);
    } else if (this.feed.isCatchingUp) {
      this.feed.askLater(retryAfterMs ?? 0);
    } else {
      this.#marksRefused(retryAfterMs ?? this.#ports.timing.backOffBaseMs);
    }
  }

  #marksRefused(afterMs: number): void {
    this.marks.lost();
    this.#markTimer.set(afterMs, () => this.marks.flush());
  }

  #observedChanged(): void {
    this.sync();
    if (!this.view.isObserved) {
      this.feed.pages.close();
      this.feed.trim(keptMessages);
      this.view.changed();
    }
    this.#ports.observedChanged();
  }
}
