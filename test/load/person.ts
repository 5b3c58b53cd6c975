import { performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import type { InboxServerFrame } from "../../src/protocol/inbox-frame.ts";
import type { Message } from "../../src/protocol/message.ts";
import type { ServerFrame } from "../../src/protocol/server-frame.ts";
import { patienceMs, RawSocket } from "../bench/raw-socket.ts";
import type { Tally } from "./tally.ts";

export interface PersonOptions {
  readonly url: string;
  readonly token: string;
  readonly peer: string;
  /** On the socket of all their conversations, or on this one's own. */
  readonly isOnInbox: boolean;
  readonly tally: Tally;
  readonly random: () => number;
  /** How long an upgrade, and then the first frame, is waited for. */
  readonly answerWithinMs?: number;
  /** When a message of either was sent, by its id. */
  readonly sentAt: ReadonlyMap<string, number>;
}

const firstBackOffMs = 1_000;
const longestBackOffMs = 10_000;

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
  /** What comes from an earlier connection counts no more. */
  #connection = 0;
  #settled = (): void => undefined;
  #isComing = false;
  #isGone = false;
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

  /** After a while, and then again and again until they are here: later after each failure, and not all at once. */
  async come(afterMs = 0): Promise<void> {
    if (this.#isComing || this.#isGone) {
      return;
    }
    this.#isComing = true;
    await wait(afterMs);
    for (
      let backOffMs = firstBackOffMs;
      !this.#isGone;
      backOffMs = Math.min(2 * backOffMs, longestBackOffMs)
    ) {
      await this.#connect();
      if (this.isHere) {
        break;
      }
      await wait(backOffMs * (0.5 + this.#options.random() / 2));
    }
    this.#isComing = false;
  }

  drop(): void {
    this.#socket?.close();
    this.#forget();
  }

  /** For good. */
  go(): void {
    this.#isGone = true;
    this.drop();
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

  /** Ends when the server is ready, or is not. */
  async #connect(): Promise<void> {
    const { url, token, peer, isOnInbox, tally, answerWithinMs = patienceMs } = this.#options;
    const path = isOnInbox ? "/v1/socket" : `/v1/conversations/${peer}/socket?after=${this.#rev}`;
    this.#connection += 1;
    const connection = this.#connection;
    const isCurrent = () => connection === this.#connection;
    const { promise: isSettled, resolve: settled } = Promise.withResolvers<void>();
    this.#settled = settled;
    try {
      const socket = await RawSocket.connect(
        url + path,
        { authorization: `Bearer ${token}` },
        (text) => isCurrent() && this.#take(text),
        (code) => isCurrent() && this.#left(code),
        answerWithinMs,
      );
      if (isCurrent()) {
        this.#opened(socket);
      } else {
        socket.close();
      }
    } catch (error) {
      tally.refused(`upgrade: ${error instanceof Error ? error.message : ""}`);
      return;
    }
    const timer = setTimeout(() => settled(), answerWithinMs);
    await isSettled;
    clearTimeout(timer);
    if (isCurrent() && !this.isHere) {
      tally.refused("ready: no answer");
      this.drop();
    }
  }

  #opened(socket: RawSocket): void {
    this.#socket = socket;
    // Its first frames may have come with the answer to the upgrade.
    if (this.isHere) {
      this.#resume();
    }
  }

  #left(code: number): void {
    this.#options.tally.refused(`close ${code}`);
    this.#forget();
    void this.come(firstBackOffMs * this.#options.random());
  }

  #forget(): void {
    this.#connection += 1;
    this.#socket = undefined;
    this.#readyAt = undefined;
    this.#settled();
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
    this.#settled();
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
