import { serverFrameSchema, type Ready, type ServerFrame } from "../../src/protocol/server-frame.ts";
import type { Message, Receipt } from "../../src/protocol/message.ts";
import type { Page } from "../../src/protocol/rest.ts";

/** How a device reaches the Worker. */
export interface DevicePorts {
  readonly openSocket: (after: number) => Promise<WebSocket>;
  /** The page below `before`; throws where it is refused. */
  readonly page: (before: number, rev: number) => Promise<Page>;
}

interface Draft {
  readonly id: string;
  readonly text: string;
  readonly after: number;
}

/** A client that does as docs/protocol says: keeps its cursor, resends what was not acknowledged, loads pages after a reset. */
export class Device {
  readonly #ports: DevicePorts;
  readonly #watchers = new Set<() => void>();
  #socket: WebSocket | undefined;
  #cursor = 0;
  #ready: Ready | undefined;
  #mustLoad = false;
  /** What the server closed its last socket with. */
  closeCode: number | undefined;
  /** Its copy of the conversation. */
  readonly log = new Map<number, Message>();
  /** Every message frame and ack it was ever shown. */
  readonly shown: Message[] = [];
  readonly acks = new Map<string, Receipt>();
  /** Ids whose newest try was answered with an error on this socket. */
  readonly refused = new Set<string>();
  readonly outbox = new Map<string, Draft>();
  /** All frames, in order. */
  readonly frames: ServerFrame[] = [];

  constructor(ports: DevicePorts) {
    this.#ports = ports;
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  /** The newest `ready`, or undefined while it connects. */
  get ready(): Ready | undefined {
    return this.#ready;
  }

  get texts(): string[] {
    return this.messages.map((message) => message.text);
  }

  get messages(): Message[] {
    return [...this.log.values()].toSorted((one, other) => one.seq - other.seq);
  }

  /** Connects with its cursor, catches up, and sends again what nobody acknowledged. */
  async connect(): Promise<void> {
    this.#ready = undefined;
    this.refused.clear();
    const socket = await this.#ports.openSocket(this.#cursor);
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(socket, String(data)));
    socket.addEventListener("close", ({ code }) => this.#gone(socket, code));
    socket.accept();
    await this.until(() => this.#ready !== undefined || !this.isOpen);
    await this.load();
    for (const draft of this.outbox.values()) {
      this.#transmit(draft);
    }
  }

  disconnect(): void {
    this.#socket?.close(1000, "");
    this.#socket = undefined;
  }

  /** Queues a message and sends it while the socket is open. Answers its id. */
  send(text: string): string {
    const draft = { id: crypto.randomUUID(), text, after: this.#cursor };
    this.outbox.set(draft.id, draft);
    this.#transmit(draft);
    return draft.id;
  }

  read(seq: number): void {
    this.#socket?.send(JSON.stringify({ type: "read", seq }));
  }

  delivered(seq: number): void {
    this.#socket?.send(JSON.stringify({ type: "delivered", seq }));
  }

  auth(token: string): void {
    this.#socket?.send(JSON.stringify({ type: "auth", token }));
  }

  typing(on: boolean): void {
    this.#socket?.send(JSON.stringify({ type: "typing", on }));
  }

  /** What it was shown, as a message or an ack, that is not among these rows in that place. */
  notIn(rows: readonly Pick<Message, "seq" | "rev" | "id">[]): (Message | Receipt)[] {
    return [...this.shown, ...this.acks.values()].filter(({ seq, rev, id }) => {
      const row = rows[seq - 1];
      return row?.id !== id || row.rev !== rev;
    });
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

  /** Returns when all it sent is acknowledged. */
  acknowledged(): Promise<void> {
    return this.until(() => this.outbox.size === 0);
  }

  #transmit(draft: Draft): void {
    this.#socket?.send(JSON.stringify({ type: "send", ...draft }));
  }

  #take(socket: WebSocket, data: string): void {
    if (socket !== this.#socket) {
      return;
    }
    const frame = serverFrameSchema.parse(JSON.parse(data));
    this.frames.push(frame);
    if (frame.type === "message") {
      this.#show(frame.message);
      this.#cursor = frame.message.rev;
    } else if (frame.type === "ack") {
      this.acks.set(frame.id, frame);
      this.outbox.delete(frame.id);
    } else if (frame.type === "error" && frame.id !== undefined) {
      this.refused.add(frame.id);
    } else if (frame.type === "reset") {
      this.log.clear();
      this.#mustLoad = true;
    } else if (frame.type === "ready") {
      this.#cursor = frame.rev;
      this.#ready = frame;
    }
    this.#changed();
  }

  #show(message: Message): void {
    this.shown.push(message);
    this.log.set(message.seq, message);
  }

  #gone(socket: WebSocket, code: number): void {
    if (socket === this.#socket) {
      this.closeCode = code;
      this.#socket = undefined;
      this.#changed();
    }
  }

  /** After a reset: takes all pages below the head. */
  async load(): Promise<void> {
    if (!this.#mustLoad || this.#ready === undefined) {
      return;
    }
    this.#mustLoad = false;
    const { head, rev } = this.#ready;
    let before = head + 1;
    while (before > 1) {
      const page = await this.#ports.page(before, rev);
      page.messages.forEach((message) => this.log.set(message.seq, message));
      before = page.messages[0]?.seq ?? 1;
    }
  }

  #changed(): void {
    for (const watcher of this.#watchers) {
      watcher();
    }
  }
}
