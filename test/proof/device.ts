import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Send } from "../../src/protocol/client-frame.ts";
import { errorCatalogue, errorCodes } from "../../src/protocol/errors.ts";
import type { Message, Receipt } from "../../src/protocol/message.ts";
import { serverFrameSchema } from "../../src/protocol/server-frame.ts";
import { bearerPrefix, protocolVersion } from "../../src/protocol/version.ts";
import type { Ledger } from "./ledger.ts";
import { loadPages } from "./rest.ts";

/** A connection that says nothing for so long is held for dead. */
const silenceMs = 2_000;
const pingMs = 500;
const reconnectMs = 60;
/** A connection that ended without a word. */
const abnormalClosure = 1006;

export interface DeviceOptions {
  readonly url: string;
  readonly user: string;
  readonly peer: string;
  readonly ledger: Ledger;
  /** A fresh token; asked for at each connection. */
  readonly token: () => Promise<string>;
  /** Its tokens hold for so long, and it shows a fresh one in time; without it the server closes the socket when the token expires. */
  readonly renewsWithinMs?: number;
}

/**
 * A client as docs/PROTOCOL.md wants it that heals itself: connects again from its cursor, sends again as it was what
 * nobody acknowledged, forgets everything where it is told to. What it hears goes to the ledger.
 */
export class ProvenDevice {
  readonly log = new Map<number, Message>();
  readonly #options: DeviceOptions;
  /** Came as frames. What a page brought may come as a frame too. */
  readonly #told = new Set<number>();
  readonly #outbox = new Map<string, Send>();
  #socket: WebSocket | undefined;
  #isReady = false;
  #isStopped = false;
  #heardAtMs = 0;
  #cursor = 0;
  #expiries = 0;
  /** The token shown last, and what was sent before it. */
  #renewal: { readonly holdsUntilMs: number; readonly before: ReadonlySet<string> } | undefined;
  /** So long holds the newest token that the server has taken for sure; 0 before a renewal. */
  #holdsUntilMs = 0;
  #renewals = 0;
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
    return this.#renewals;
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
    const frame: Send = { type: "send", id: randomUUID(), text, after: this.#cursor };
    this.#options.ledger.sent.set(frame.id, { author: this.#options.user, text });
    this.#outbox.set(frame.id, frame);
    this.#say(JSON.stringify(frame));
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
    const { url, peer, token, renewsWithinMs } = this.#options;
    const address = `${url.replace(/^http/, "ws")}/v1/conversations/${peer}/socket?after=${this.#cursor}`;
    const socket = new WebSocket(address, [protocolVersion, bearerPrefix + (await token())]);
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
      if (Date.now() - this.#heardAtMs > silenceMs || this.#isStopped) {
        resolve();
      } else {
        this.#say("ping");
      }
    }, pingMs);
    const renewal = setInterval(() => void this.#renew(), (renewsWithinMs ?? 2 ** 30) / 2);
    await promise;
    clearInterval(heartbeat);
    clearInterval(renewal);
    this.#isReady = false;
    this.#socket = undefined;
    this.#renewal = undefined;
    this.#holdsUntilMs = 0;
    socket.close();
  }

  #closed(code: number): void {
    const { ledger } = this.#options;
    const why = errorCodes.find((name) => errorCatalogue[name].closeCode === code) ?? `closed with ${code}`;
    if (why === "token_expired") {
      this.#expiries += 1;
      if (Date.now() < this.#holdsUntilMs) {
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
    this.#renewal = { holdsUntilMs, before: new Set(this.#outbox.keys()) };
  }

  /** Frames behind an `auth` wait for its verdict, so the answer to one says that the token was taken. */
  #noteRenewal(id: string): void {
    if (this.#renewal?.before.has(id) === false) {
      this.#holdsUntilMs = this.#renewal.holdsUntilMs;
      this.#renewal = undefined;
      this.#renewals += 1;
    }
  }

  #take(text: string): void {
    if (text === "pong") {
      return;
    }
    const { data: frame } = serverFrameSchema.safeParse(JSON.parse(text));
    const { ledger } = this.#options;
    if (frame === undefined) {
      ledger.refusals.push(`a frame of no rule: ${text.slice(0, 80)}`);
    } else if (frame.type === "message") {
      this.#note(frame.message);
    } else if (frame.type === "ack") {
      this.#acknowledged(frame);
    } else if (frame.type === "ready") {
      this.#ready(frame.rev);
    } else if (frame.type === "reset") {
      this.#forget(frame.rev);
    } else if (frame.type === "error") {
      this.#outbox.delete(frame.id ?? "");
      ledger.refuse("send", frame.code);
    }
  }

  #ready(rev: number): void {
    this.#expectOrder(rev === this.#cursor, `ready at ${rev}, replayed up to ${this.#cursor}`);
    this.#cursor = rev;
    this.#isReady = true;
    for (const frame of this.#outbox.values()) {
      this.#say(JSON.stringify(frame));
    }
  }

  #note(message: Message): void {
    const { ledger } = this.#options;
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
    this.#noteRenewal(receipt.id);
    this.#options.ledger.acknowledge(receipt);
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
