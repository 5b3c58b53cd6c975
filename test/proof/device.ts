import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { errorCatalogue, errorCodes } from "../../src/protocol/errors.ts";
import { inboxServerFrameSchema, type InboxServerFrame } from "../../src/protocol/inbox-frame.ts";
import type { Message, Receipt } from "../../src/protocol/message.ts";
import { serverFrameSchema, type ServerFrame } from "../../src/protocol/server-frame.ts";
import { bearerPrefix, protocolVersion } from "../../src/protocol/version.ts";
import { Renewals } from "./renewals.ts";
import { loadPages } from "./rest.ts";
import type { DeviceOptions } from "./device-options.ts";

/** A connection that says nothing for so long is held for dead. An inbox asks D1 for its list first, for 2 s at most. */
const silenceMs = { conversation: 2_000, inbox: 4_000 };
const pingMs = 500;
const reconnectMs = 60;
/** A connection that ended without a word. */
const abnormalClosure = 1006;

/**
 * A client as docs/protocol wants it that heals itself: connects again from its cursor, sends again as it was what
 * nobody acknowledged, forgets everything where it is told to. What it hears goes to the ledger.
 */
export class ProvenDevice {
  readonly log = new Map<number, Message>();
  readonly #options: DeviceOptions;
  /** Came as frames. What a page brought may come as a frame too. */
  readonly #told = new Set<number>();
  /** Frames as they were first said, by the id of their message. */
  readonly #outbox = new Map<string, string>();
  #socket: WebSocket | undefined;
  #isReady = false;
  #isStopped = false;
  #heardAtMs = 0;
  #cursor = 0;
  #expiries = 0;
  readonly #renewals = new Renewals();
  #settled: () => void = () => {};
  #loading: Promise<void> = Promise.resolve();

  constructor(options: DeviceOptions) {
    this.#options = options;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get unacknowledged(): number {
    return this.#outbox.size;
  }

  /** Sends that are on their way on a connection of now. */
  get inFlight(): number {
    return this.#isReady ? this.#outbox.size : 0;
  }

  /** Connections that ended because the token was over. */
  get expiries(): number {
    return this.#expiries;
  }

  /** Fresh tokens that a live socket took. */
  get renewals(): number {
    return this.#renewals.taken;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** Stays connected until `stop`. */
  async run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#connection();
      await wait(reconnectMs * (0.5 + Math.random()));
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Returns when the pages that a `reset` asked for are there. */
  loaded(): Promise<void> {
    return this.#loading;
  }

  send(text: string): void {
    const { ledger, user, peer, isInbox = false } = this.#options;
    const id = randomUUID();
    const frame = JSON.stringify({ type: "send", ...(isInbox && { peer }), id, text, after: this.#cursor });
    ledger.sent.set(id, { author: user, text });
    this.#outbox.set(id, frame);
    this.#say(frame);
  }

  /** Returns when everything that was sent is acknowledged. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#settled = resolve;
    });
  }

  #say(text: string): void {
    if (this.#isReady && this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(text);
    }
  }

  async #connection(): Promise<void> {
    const { url, peer, token, renewsWithinMs, isInbox = false } = this.#options;
    const path = isInbox ? "socket" : `conversations/${peer}/socket?after=${this.#cursor}`;
    const longestMs = silenceMs[isInbox ? "inbox" : "conversation"];
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/${path}`, [
      protocolVersion,
      bearerPrefix + (await token()),
    ]);
    this.#socket = socket;
    this.#heardAtMs = Date.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.addEventListener("message", ({ data }) => {
      if (this.#socket === socket) {
        this.#heardAtMs = Date.now();
        this.#take(String(data));
      }
    });
    socket.addEventListener("close", ({ code }) => {
      // How a socket ends that this client has left is its own doing.
      if (this.#socket === socket) {
        this.#closed(code);
      }
      resolve();
    });
    const heartbeat = setInterval(() => {
      if (Date.now() - this.#heardAtMs > longestMs || this.#isStopped) {
        resolve();
      } else {
        this.#say("ping");
      }
    }, pingMs);
    const renewal = setInterval(() => void this.#renew(), (renewsWithinMs ?? 2 ** 30) / 3);
    await promise;
    clearInterval(heartbeat);
    clearInterval(renewal);
    this.#isReady = false;
    this.#socket = undefined;
    this.#renewals.forget();
    socket.close();
  }

  #closed(code: number): void {
    const { ledger } = this.#options;
    const why = errorCodes.find((name) => errorCatalogue[name].closeCode === code) ?? `closed with ${code}`;
    if (why === "token_expired") {
      this.#expiries += 1;
      if (this.#renewals.holds) {
        ledger.refusals.push("expired with a token that holds");
      }
    }
    if (code !== abnormalClosure) {
      ledger.refuse("socket", why);
    }
  }

  async #renew(): Promise<void> {
    const { token, renewsWithinMs = 0 } = this.#options;
    const holdsUntilMs = Date.now() + renewsWithinMs;
    this.#say(JSON.stringify({ type: "auth", token: await token() }));
    this.#renewals.show(holdsUntilMs, this.#outbox.keys());
  }

  #take(text: string): void {
    if (text === "pong") {
      return;
    }
    const { ledger, isInbox = false } = this.#options;
    const value: unknown = JSON.parse(text);
    const { data: frame } = isInbox
      ? inboxServerFrameSchema.safeParse(value)
      : serverFrameSchema.safeParse(value);
    if (frame === undefined) {
      ledger.refusals.push(`a frame of no rule: ${text.slice(0, 80)}`);
    } else if (frame.type === "message") {
      this.#note(frame.message);
    } else if (frame.type === "ack") {
      this.#acknowledged(frame);
    } else if (frame.type === "error") {
      this.#outbox.delete(frame.id ?? "");
      ledger.refuse("send", frame.code);
    } else {
      this.#follow(frame);
    }
  }

  /** What tells how the conversation stands. */
  #follow(frame: ServerFrame | InboxServerFrame): void {
    if (frame.type === "synced" || (frame.type === "ready" && "rev" in frame)) {
      this.#ready(frame.rev);
    } else if (frame.type === "ready") {
      this.#sync();
    } else if (frame.type === "summary") {
      this.#noteRev(frame.rev);
    } else if (frame.type === "reset") {
      this.#forget(frame.rev);
    }
  }

  /** Asks on an inbox socket for what this client lacks; `synced` ends the answer, as `ready` does elsewhere. */
  #sync(): void {
    this.#isReady = false;
    this.#socket?.send(JSON.stringify({ type: "sync", peer: this.#options.peer, after: this.#cursor }));
  }

  /** An inbox may be told too late: what is above the cursor says that something was missed. */
  #noteRev(rev: number): void {
    if (this.#options.isInbox === true && this.#isReady && rev > this.#cursor) {
      this.#sync();
    }
  }

  #ready(rev: number): void {
    this.#expectOrder(rev === this.#cursor, `ready at ${rev}, replayed up to ${this.#cursor}`);
    this.#cursor = rev;
    this.#isReady = true;
    this.#outbox.forEach((frame) => this.#say(frame));
  }

  #note(message: Message): void {
    const { ledger, isInbox = false } = this.#options;
    // An inbox's replay overlaps what is live, and a gap is no fault there: it is asked for.
    if (isInbox && message.rev !== this.#cursor + 1) {
      ledger.deliver(message);
      this.#noteRev(message.rev);
      return;
    }
    this.#expectOrder(message.rev === this.#cursor + 1, `rev ${message.rev} after ${this.#cursor}`);
    if (this.#told.has(message.seq)) {
      ledger.doubled.push(`message ${message.seq} came twice`);
    }
    this.#told.add(message.seq);
    this.#show(message);
    this.#cursor = message.rev;
  }

  #show(message: Message): void {
    this.#options.ledger.deliver(message);
    this.log.set(message.seq, message);
  }

  #acknowledged(receipt: Receipt): void {
    this.#outbox.delete(receipt.id);
    this.#renewals.acknowledged(receipt.id);
    this.#options.ledger.acknowledge(receipt);
    this.#noteRev(receipt.rev);
    if (this.#outbox.size === 0) {
      this.#settled();
    }
  }

  #forget(rev: number): void {
    this.log.clear();
    this.#told.clear();
    this.#cursor = rev;
    this.#loading = this.#loading
      .then(async () => loadPages(this.#options, rev))
      .then((messages) => messages.forEach((message) => this.#show(message)));
  }

  #expectOrder(holds: boolean, fault: string): void {
    if (!holds) {
      this.#options.ledger.outOfOrder.push(fault);
    }
  }
}
