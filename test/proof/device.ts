import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { z } from "zod";
import type { Send } from "../../src/protocol/client-frame.ts";
import { errorCatalogue } from "../../src/protocol/errors.ts";
import type { Message } from "../../src/protocol/message.ts";
import { serverFrameSchema, type errorFrameSchema } from "../../src/protocol/server-frame.ts";
import { bearerPrefix, protocolVersion } from "../../src/protocol/version.ts";
import type { Ledger } from "./ledger.ts";
import { loadPages } from "./rest.ts";

/** A connection that says nothing for so long is held for dead. */
const silenceMs = 2_000;
const pingMs = 500;
const reconnectMs = 60;
const tokenExpired = errorCatalogue.token_expired.closeCode;
const passing = new Set(["internal", "rate_limited", "keys_unavailable"]);

export interface DeviceOptions {
  readonly url: string;
  readonly user: string;
  readonly peer: string;
  readonly ledger: Ledger;
  /** A fresh token; asked for at each connection. */
  readonly token: () => Promise<string>;
  /** Shows a fresh token so often; without it the server closes the socket when the token expires. */
  readonly renewMs?: number;
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

  /** Connections that ended because the token was over. */
  get expiries(): number {
    return this.#expiries;
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
    this.#options.ledger.sent.add(frame.id);
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
    const { url, peer, token, renewMs } = this.#options;
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
      this.#expiries += code === tokenExpired ? 1 : 0;
      resolve();
    });
    socket.addEventListener("error", () => resolve());
    const heartbeat = setInterval(() => {
      if (Date.now() - this.#heardAtMs > silenceMs || this.#isStopped) {
        resolve();
      } else {
        this.#say("ping");
      }
    }, pingMs);
    const renewal = setInterval(() => void this.#renew(), renewMs ?? 2 ** 30);
    await promise;
    clearInterval(heartbeat);
    clearInterval(renewal);
    this.#isReady = false;
    this.#socket = undefined;
    socket.close();
  }

  async #renew(): Promise<void> {
    this.#say(JSON.stringify({ type: "auth", token: await this.#options.token() }));
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
      this.#acknowledged(frame.id, frame.seq);
    } else if (frame.type === "ready") {
      this.#ready(frame.rev);
    } else if (frame.type === "reset") {
      this.#forget(frame.rev);
    } else if (frame.type === "error") {
      this.#refused(frame);
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
    ledger.deliver(message);
    this.#expectOrder(message.rev === this.#cursor + 1, `rev ${message.rev} after ${this.#cursor}`);
    if (this.#told.has(message.seq)) {
      ledger.doubled.push(`message ${message.seq} came twice`);
    }
    this.#told.add(message.seq);
    this.log.set(message.seq, message);
    this.#cursor = message.rev;
  }

  #acknowledged(id: string, seq: number): void {
    this.#outbox.delete(id);
    this.#options.ledger.acknowledge(id, seq);
    if (this.#outbox.size === 0) {
      this.#settled();
    }
  }

  #refused({ id, code, message }: z.infer<typeof errorFrameSchema>): void {
    const sent = this.#outbox.get(id ?? "");
    if (sent !== undefined && passing.has(code)) {
      setTimeout(() => this.#say(JSON.stringify(sent)), 200);
      return;
    }
    this.#outbox.delete(id ?? "");
    this.#options.ledger.refusals.push(`${code}: ${message}`);
  }

  #forget(rev: number): void {
    this.log.clear();
    this.#told.clear();
    this.#cursor = rev;
    const { url, peer, token } = this.#options;
    this.#loading = this.#loading
      .then(async () => loadPages({ url, peer, token }, rev))
      .then((messages) => messages.forEach((message) => this.log.set(message.seq, message)));
  }

  #expectOrder(holds: boolean, fault: string): void {
    if (!holds) {
      this.#options.ledger.outOfOrder.push(fault);
    }
  }
}
