import { performance } from "node:perf_hooks";
import type { InboxServerFrame } from "../../src/protocol/inbox-frame.ts";
import type { Message } from "../../src/protocol/message.ts";
import type { ServerFrame } from "../../src/protocol/server-frame.ts";
import { RawSocket } from "../bench/raw-socket.ts";
import type { Tally } from "./tally.ts";

export interface PersonOptions {
  readonly url: string;
  readonly token: string;
  readonly peer: string;
  /** On the socket of all their conversations, or on this one's own. */
  readonly isOnInbox: boolean;
  readonly tally: Tally;
  /** When a message of either was sent, by its id. */
  readonly sentAt: ReadonlyMap<string, number>;
}

type Frame = ServerFrame | InboxServerFrame;

/** One of two who talk, on a socket that comes back: sends what was not acknowledged again, catches up, counts what is doubled. */
export class Person {
  readonly #options: PersonOptions;
  /** Each message's number, by its id. */
  readonly #heard = new Map<string, number>();
  /** Frames without their ack, by id. */
  readonly #waiting = new Map<string, { readonly type: string }>();
  #socket: RawSocket | undefined;
  #readyAt: number | undefined;
  #rev = 0;
  /** The newest message's number. */
  seq = 0;
  /** The newest of their own. */
  ownSeq = 0;
  doubled = 0;
  /** Ids of messages that were acknowledged. */
  readonly acknowledged = new Set<string>();

  constructor(options: PersonOptions) {
    this.#options = options;
  }

  get unanswered(): number {
    return this.#waiting.size;
  }

  get isHere(): boolean {
    return this.#readyAt !== undefined;
  }

  hasHeard(id: string): boolean {
    return this.#heard.has(id);
  }

  async connect(): Promise<void> {
    const { url, token, peer, isOnInbox, tally } = this.#options;
    const path = isOnInbox ? "/v1/socket" : `/v1/conversations/${peer}/socket?after=${this.#rev}`;
    const headers = { authorization: `Bearer ${token}` };
    try {
      const socket = await RawSocket.connect(
        url + path,
        headers,
        (text) => this.#take(text),
        (code) => this.#left(socket, code),
      );
      this.#socket = socket;
      // Its first frames may have come with the answer to the upgrade.
      if (this.isHere) {
        this.#resume();
      }
    } catch (error) {
      tally.refused(`upgrade: ${error instanceof Error ? error.message : ""}`);
    }
  }

  drop(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#readyAt = undefined;
  }

  /** A frame that is answered by an ack, and sent again until it is. */
  write(frame: { readonly type: string; readonly id: string; readonly [field: string]: unknown }): void {
    const whole = { ...frame, after: this.#rev };
    this.#waiting.set(frame.id, whole);
    this.say(whole);
  }

  /** A frame that may get lost. */
  say(frame: object): void {
    if (this.isHere) {
      this.#send(frame);
    }
  }

  ping(): void {
    this.#socket?.send("ping");
  }

  #send(frame: object): void {
    const { isOnInbox, peer } = this.#options;
    this.#socket?.send(JSON.stringify(isOnInbox ? { ...frame, peer } : frame));
  }

  #left(socket: RawSocket, code: number): void {
    if (this.#socket === socket) {
      this.#options.tally.refused(`close ${code}`);
      this.#socket = undefined;
      this.#readyAt = undefined;
    }
  }

  #take(text: string): void {
    if (!text.startsWith("{")) {
      return;
    }
    const frame = JSON.parse(text) as Frame;
    const { tally } = this.#options;
    if (frame.type === "message") {
      this.#hear(frame.message);
    } else if (frame.type === "ack") {
      this.#acknowledged(frame.id, frame.seq);
    } else if (frame.type === "ready") {
      this.#ready();
    } else if (frame.type === "error") {
      this.#refused(frame.code, frame.id ?? "");
    } else if (frame.type === "reset") {
      tally.refused("reset");
    }
  }

  #acknowledged(id: string, seq: number): void {
    const written = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (written?.type === "send") {
      this.acknowledged.add(id);
      this.ownSeq = Math.max(this.ownSeq, seq);
    }
    this.#timed(id, (tookMs) => this.#options.tally.acknowledged(tookMs));
  }

  #refused(code: string, id: string): void {
    // That a newer edit holds is an answer, not trouble.
    if (code !== "superseded") {
      this.#options.tally.refused(code);
    }
    this.#waiting.delete(id);
  }

  #hear({ id, seq, rev, author }: Message): void {
    const { peer, tally } = this.#options;
    this.#rev = Math.max(this.#rev, rev);
    this.seq = Math.max(this.seq, seq);
    const before = this.#heard.get(id);
    this.#heard.set(id, seq);
    if (before !== undefined) {
      // A message comes again where it was changed, and around a reconnect; never under another number.
      this.doubled += before === seq ? 0 : 1;
    } else if (author === peer) {
      this.#timed(id, (tookMs) => tally.delivered(tookMs));
    }
  }

  // What was sent before this socket was here waited for the client, not for the server.
  #timed(id: string, take: (tookMs: number) => void): void {
    const sentAt = this.#options.sentAt.get(id) ?? 0;
    if (sentAt >= (this.#readyAt ?? Number.POSITIVE_INFINITY)) {
      take(performance.now() - sentAt);
    }
  }

  #ready(): void {
    this.#readyAt = performance.now();
    if (this.#socket !== undefined) {
      this.#resume();
    }
  }

  /** Catches up, and says again what was not answered. */
  #resume(): void {
    if (this.#options.isOnInbox) {
      this.#send({ type: "sync", after: this.#rev });
    }
    for (const frame of this.#waiting.values()) {
      this.#send(frame);
    }
  }
}
