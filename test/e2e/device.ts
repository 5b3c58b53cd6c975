import { randomUUID } from "node:crypto";
import type { z } from "zod";
import type { Send } from "../../src/protocol/client-frame.ts";
import type { Message } from "../../src/protocol/message.ts";
import {
  serverFrameSchema,
  type ackSchema,
  type errorFrameSchema,
  type Ready,
} from "../../src/protocol/server-frame.ts";
import { bearerPrefix, protocolVersion } from "../../src/protocol/version.ts";

const patienceMs = 120_000;

/**
 * A client as docs/protocol wants it: a cursor, an outbox that is sent again as it was, a log. What it is promised
 * it checks as the frames come; `faults` says what did not hold.
 */
export class Device {
  readonly log: Message[] = [];
  readonly acks = new Map<string, z.infer<typeof ackSchema>>();
  readonly refusals: z.infer<typeof errorFrameSchema>[] = [];
  readonly faults: string[] = [];
  readonly #address: string;
  readonly #protocols: string[];
  readonly #outbox = new Map<string, Send>();
  readonly #loggedIds = new Set<string>();
  readonly #watchers = new Set<() => void>();
  #socket: WebSocket | undefined;
  #ready: Ready | undefined;
  #pongs = 0;
  #cursor = 0;

  constructor(url: string, peer: string, token: string) {
    this.#address = `${url.replace(/^http/, "ws")}/v1/conversations/${encodeURIComponent(peer)}/socket`;
    this.#protocols = [protocolVersion, bearerPrefix + token];
  }

  /** Connects from where it was; returns once it is `ready`. What was never acknowledged is sent again. */
  async connect(): Promise<Ready> {
    this.#ready = undefined;
    const socket = new WebSocket(`${this.#address}?after=${this.#cursor}`, this.#protocols);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    socket.addEventListener("close", () => this.#changed());
    await this.until("ready", () => this.#ready !== undefined || socket.readyState === WebSocket.CLOSED);
    if (this.#ready === undefined) {
      throw new Error("the socket was refused");
    }
    for (const frame of this.#outbox.values()) {
      this.sendText(JSON.stringify(frame));
    }
    return this.#ready;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  get unacknowledged(): readonly Send[] {
    return [...this.#outbox.values()];
  }

  send(text: string): Send {
    const frame: Send = { type: "send", id: randomUUID(), text, after: this.#cursor };
    this.#outbox.set(frame.id, frame);
    this.sendText(JSON.stringify(frame));
    return frame;
  }

  /** Sends all texts with at most `window` of them unacknowledged; returns once all are acknowledged. */
  async sendAll(texts: readonly string[], window: number): Promise<void> {
    let next = 0;
    await this.until("all acknowledged", () => {
      while (this.isOpen && this.#ready !== undefined && this.#outbox.size < window) {
        const text = texts[next];
        if (text === undefined) {
          break;
        }
        next += 1;
        this.send(text);
      }
      return next === texts.length && this.#outbox.size === 0;
    });
  }

  /** A frame as it is. */
  sendText(text: string): void {
    if (this.isOpen) {
      this.#socket?.send(text);
    }
  }

  async ping(): Promise<void> {
    const before = this.#pongs;
    this.sendText("ping");
    await this.until("pong", () => this.#pongs > before);
  }

  close(): void {
    this.#socket?.close(1000);
  }

  /** Returns as soon as a frame or a close makes it true. */
  until(what: string, isTrue: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#watchers.delete(look);
        const last = JSON.stringify(this.refusals.at(-1) ?? null);
        reject(new Error(`not ${what} in time; ${this.log.length} messages, last refusal ${last}`));
      };
      const timer = setTimeout(giveUp, patienceMs);
      const look = (): void => {
        if (isTrue()) {
          clearTimeout(timer);
          this.#watchers.delete(look);
          resolve();
        }
      };
      this.#watchers.add(look);
      look();
    });
  }

  #take(text: string): void {
    if (text === "pong") {
      this.#pongs += 1;
    } else {
      this.#takeFrame(text);
    }
    this.#changed();
  }

  #takeFrame(text: string): void {
    const frame = serverFrameSchema.parse(JSON.parse(text));
    if (frame.type === "message") {
      this.#log(frame.message);
    } else if (frame.type === "ready") {
      this.#ready = frame;
      this.#expect(frame.rev === this.#cursor, `ready at rev ${frame.rev}, replayed up to ${this.#cursor}`);
    } else if (frame.type === "ack") {
      this.#outbox.delete(frame.id);
      this.acks.set(frame.id, frame);
      this.#expect(this.log[frame.seq - 1]?.id === frame.id, `ack ${frame.seq} before its message`);
    } else if (frame.type === "error") {
      this.#outbox.delete(frame.id ?? "");
      this.refusals.push(frame);
    } else if (frame.type === "reset") {
      this.faults.push("reset");
    }
  }

  #log(message: Message): void {
    const { seq, rev, id, createdAt } = message;
    const last = this.log.at(-1);
    this.#expect(seq === this.log.length + 1, `message ${seq} after ${this.log.length}`);
    this.#expect(rev === this.#cursor + 1, `rev ${rev} after ${this.#cursor}`);
    this.#expect(!this.#loggedIds.has(id), `message ${seq} came twice`);
    this.#expect(createdAt >= (last?.createdAt ?? 0), `the time of message ${seq} fell`);
    this.#loggedIds.add(id);
    this.log.push(message);
    this.#cursor = rev;
  }

  #expect(holds: boolean, fault: string): void {
    if (!holds) {
      this.faults.push(fault);
    }
  }

  #changed(): void {
    for (const watcher of this.#watchers) {
      watcher();
    }
  }
}
