import { previewOf } from "../../src/protocol/preview.ts";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import type { Message } from "../../src/protocol/message.ts";
import type { Side } from "../../src/protocol/pair.ts";
import { serverFrameSchema, type ServerFrame } from "../../src/protocol/server-frame.ts";
import { HttpError } from "../../src/http/problem.ts";
import { pair, type World } from "./world.ts";
import type { Device as DeviceSocket } from "../../src/conversation/devices.ts";

/** Answers after which a client sends again; every other refusal is the end of what it wanted. */
const passing: readonly ErrorCode[] = ["internal", "stale", "out_of_range"];

interface Outgoing {
  readonly frame: WriteFrame;
  after: number | undefined;
}

/** A client that follows docs/protocol: cursor, outbox, replay, reset, quotes. It checks what it is promised as frames come. */
export class Device {
  readonly side: Side;
  /** The `rev` of each ack, by the `id` of what was acknowledged. */
  readonly acknowledged = new Map<string, number>();
  readonly log = new Map<number, Message>();
  readonly refused: string[] = [];
  #world: World;
  #connection: DeviceSocket | undefined;
  #cursor: number | undefined;
  #isLive = false;
  #mustLoad = false;
  /** Texts that messages had before, by `seq`. */
  readonly #earlierTexts = new Map<number, Set<string>>();
  #outbox: Outgoing[] = [];

  constructor(world: World, side: Side) {
    this.#world = world;
    this.side = side;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  get unsent(): number {
    return this.#outbox.length;
  }

  connect(): void {
    if (this.#connection !== undefined) {
      return;
    }
    this.#isLive = false;
    // Frames of the greeting come before `connect` returns, those of a cut socket never.
    const socket = { isCut: false };
    const end = {
      frame: (text: string) => {
        if (!socket.isCut) {
          this.#take(serverFrameSchema.parse(JSON.parse(text)));
        }
      },
      closed: () => {
        socket.isCut = true;
        this.#connection = undefined;
      },
    };
    const connection = this.#world.connect(this.side, end, this.#cursor ?? 0);
    this.#connection = socket.isCut ? undefined : connection;
    this.#cut = () => {
      socket.isCut = true;
    };
    for (const outgoing of this.#outbox) {
      this.#transmit(outgoing);
    }
  }

  /** The line breaks: frames under way are lost, the server hears of it or does not. */
  drop(serverHears: boolean): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#cut();
    if (connection !== undefined && serverHears) {
      this.#world.room.disconnect(connection, 1006, "");
    }
  }

  /** Something the user wants said or changed. */
  want(frame: WriteFrame): void {
    const outgoing = { frame, after: this.#cursor ?? 0 };
    this.#outbox.push(outgoing);
    this.#transmit(outgoing);
  }

  compose(id: string, text: string): void {
    this.want({ type: "send", id, text });
  }

  /** A needless retry, with a right, a missing or a too old `after`. */
  repeat(frame: WriteFrame, after: number | undefined): void {
    this.#transmit({ frame, after });
  }

  read(): void {
    if (this.#connection !== undefined) {
      this.#world.frame(this.#connection, { type: "read", seq: Math.max(0, ...this.log.keys()) });
    }
  }

  /** Loads every page below the head where a `reset` asked for it, unless the archive is away. */
  async load(): Promise<void> {
    if (!this.#mustLoad) {
      return;
    }
    let before: number | undefined;
    try {
      for (;;) {
        const page = await this.#world.history({ before, limit: 7, rev: undefined });
        for (const message of page.messages) {
          this.#keep(message);
        }
        before = page.messages[0]?.seq;
        if (!page.hasMore || before === undefined) {
          this.#mustLoad = false;
          return;
        }
      }
    } catch (error) {
      if (!(error instanceof HttpError)) {
        throw error;
      }
    }
  }

  #cut: () => void = () => {};

  #transmit({ frame, after }: Outgoing): void {
    if (this.#connection !== undefined) {
      this.#world.frame(this.#connection, { ...frame, ...(after !== undefined && { after }) });
    }
  }

  #take(frame: ServerFrame): void {
    if (frame.type === "message") {
      this.#takeMessage(frame.message);
    } else if (frame.type === "ready") {
      this.#isLive = true;
      this.#cursor = frame.rev;
    } else if (frame.type === "reset") {
      this.#isLive = false;
      this.#mustLoad = true;
      this.log.clear();
      this.#earlierTexts.clear();
      // Numbers of a history that may be gone: a change would meet another message, and the check for a twin must not
      // trust them.
      this.#outbox = this.#outbox.filter((outgoing) => outgoing.frame.type === "send");
      for (const outgoing of this.#outbox) {
        outgoing.after = Math.min(outgoing.after ?? 0, frame.rev);
      }
    } else if (frame.type === "ack") {
      this.acknowledged.set(frame.id, frame.rev);
      this.#settle(frame.id);
    } else if (frame.type === "error") {
      this.refused.push(frame.code);
      const isSend = this.#outbox.some(({ frame: sent }) => sent.id === frame.id && sent.type === "send");
      this.#settle(isSend && passing.includes(frame.code) ? undefined : frame.id);
    }
  }

  #takeMessage(message: Message): void {
    const cursor = this.#cursor ?? 0;
    const isPromised = this.#isLive ? message.rev === cursor + 1 : message.rev > cursor;
    if (!isPromised) {
      throw new Error(`[SO3][RP2] rev ${message.rev} came behind ${cursor}, live: ${this.#isLive}`);
    }
    this.#cursor = message.rev;
    this.#keep(message);
    if (message.author === pair[this.side]) {
      this.#settle(message.id);
    }
  }

  #settle(id: string | undefined): void {
    this.#outbox = this.#outbox.filter(({ frame }) => frame.id !== id);
  }

  #keep(message: Message): void {
    const held = this.log.get(message.seq);
    if (held !== undefined && held.rev > message.rev) {
      return;
    }
    this.#checkText(held, message);
    this.log.set(message.seq, message);
    const { author, text, deletedAt } = message;
    const quote = { author, text: previewOf(text), ...(deletedAt !== undefined && { deletedAt }) };
    for (const reply of this.log.values()) {
      if (reply.replyTo === message.seq) {
        this.log.set(reply.seq, { ...reply, quote });
      }
    }
  }

  #checkText(held: Message | undefined, message: Message): void {
    const earlier = this.#earlierTexts.get(message.seq) ?? new Set();
    if (earlier.has(message.text)) {
      throw new Error(`[ED2] a text came back that a later edit had replaced: ${message.text}`);
    }
    if (held !== undefined && held.text !== message.text) {
      this.#earlierTexts.set(message.seq, earlier.add(held.text));
    }
  }
}
