import { randomUUID } from "node:crypto";
import {
  inboxServerFrameSchema,
  type InboxClientFrame,
  type InboxServerFrame,
} from "../../src/protocol/inbox-frame.ts";
import type { Message } from "../../src/protocol/message.ts";
import type { Summary } from "../../src/protocol/conversation-list.ts";
import { bearerPrefix, protocolVersion } from "../../src/protocol/version.ts";

const patienceMs = 120_000;

interface Outgoing {
  readonly peer: string;
  readonly id: string;
  readonly text: string;
  readonly after: number;
}

/** A client on the inbox socket as docs/protocol wants it: a cursor and a log for each peer, `sync` where it missed something. */
export class InboxDevice {
  readonly logs = new Map<string, Message[]>();
  readonly summaries = new Map<string, Summary>();
  readonly faults: string[] = [];
  readonly #address: string;
  readonly #protocols: string[];
  readonly #outbox = new Map<string, Outgoing>();
  readonly #syncing = new Set<string>();
  readonly #watchers = new Set<() => void>();
  #socket: WebSocket | undefined;
  #isReady = false;

  constructor(url: string, token: string) {
    this.#address = `${url.replace(/^http/, "ws")}/v1/socket`;
    this.#protocols = [protocolVersion, bearerPrefix + token];
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  /** Sends that nobody acknowledged. */
  get unacknowledged(): number {
    return this.#outbox.size;
  }

  /** Connects; returns once it is `ready`. What was never acknowledged is sent again. */
  async connect(): Promise<void> {
    const socket = new WebSocket(this.#address, this.#protocols);
    this.#socket = socket;
    this.#isReady = false;
    this.#syncing.clear();
    socket.addEventListener("message", ({ data }) => this.#take(socket, String(data)));
    socket.addEventListener("close", () => {
      if (this.#socket === socket) {
        this.#socket = undefined;
        this.#changed();
      }
    });
    await this.until("ready", () => this.#isReady);
    for (const outgoing of this.#outbox.values()) {
      this.#tell({ type: "send", ...outgoing });
    }
  }

  close(): void {
    this.#socket?.close();
  }

  say(peer: string, text: string): void {
    const outgoing = { peer, id: randomUUID(), text, after: this.cursor(peer) };
    this.#outbox.set(outgoing.id, outgoing);
    this.#tell({ type: "send", ...outgoing });
  }

  read(peer: string, seq: number): void {
    this.#tell({ type: "read", peer, seq });
  }

  log(peer: string): Message[] {
    const log = this.logs.get(peer) ?? [];
    this.logs.set(peer, log);
    return log;
  }

  cursor(peer: string): number {
    return this.log(peer).at(-1)?.rev ?? 0;
  }

  /** Returns when `condition` holds; it is looked at after each frame. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const impatient = AbortSignal.timeout(patienceMs);
    await new Promise<void>((resolve, reject) => {
      impatient.addEventListener("abort", () => reject(new Error(`${what} did not come`)));
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

  #tell(frame: InboxClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN && this.#isReady) {
      this.#socket.send(JSON.stringify(frame));
    }
  }

  #take(socket: WebSocket, data: string): void {
    if (socket !== this.#socket || data === "pong") {
      return;
    }
    this.#follow(inboxServerFrameSchema.parse(JSON.parse(data)));
    this.#changed();
  }

  #follow(frame: InboxServerFrame): void {
    if (frame.type === "ready") {
      this.#isReady = true;
      frame.list?.conversations.forEach((summary) => this.#noteSummary(summary));
    } else if (frame.type === "message") {
      this.#noteMessage(frame.peer, frame.message);
    } else if (frame.type === "summary") {
      this.#noteSummary(frame);
    } else if (frame.type === "synced") {
      this.#syncing.delete(frame.peer);
      if (this.cursor(frame.peer) !== frame.rev) {
        this.faults.push(`synced at ${frame.rev} with the cursor at ${this.cursor(frame.peer)}`);
      }
    } else if (frame.type === "ack") {
      this.#outbox.delete(frame.id);
      this.#catchUp(frame.peer, frame.rev);
    } else if (frame.type === "error" || frame.type === "reset") {
      this.faults.push(JSON.stringify(frame));
    }
  }

  #noteSummary(summary: Summary): void {
    this.summaries.set(summary.peer, summary);
    this.#catchUp(summary.peer, summary.rev);
  }

  #noteMessage(peer: string, message: Message): void {
    const cursor = this.cursor(peer);
    if (message.rev === cursor + 1) {
      this.log(peer).push(message);
    } else {
      this.#catchUp(peer, message.rev);
    }
  }

  #catchUp(peer: string, rev: number): void {
    if (rev > this.cursor(peer) && !this.#syncing.has(peer)) {
      this.#syncing.add(peer);
      this.#tell({ type: "sync", peer, after: this.cursor(peer) });
    }
  }

  #changed(): void {
    for (const watcher of this.#watchers) {
      watcher();
    }
  }
}
