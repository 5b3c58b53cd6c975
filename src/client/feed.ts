import type { Message } from "./api.ts";
import { Backlog, headBefore } from "./backlog.ts";
import { backOffMs } from "./back-off.ts";
import { deferred, type Deferred } from "./deferred.ts";
import type { PairlineError } from "./errors.ts";
import type { FeedPorts } from "./feed-ports.ts";
import { Follower } from "./follower.ts";
import type { Missed } from "./history.ts";
import type { MissedMessages } from "./missed-messages.ts";
import { MessagePages } from "./message-pages.ts";
import { Timer } from "./timer.ts";

/** After so many replays that lack something the messages begin anew. */
const maxLackingReplays = 2;
/** Newest messages that are kept while others are shown. */
const mostUnshownMessages = 200;

/** A conversation's messages as the server has them: followed live, caught up after each gap, older ones by pages. */
export class Feed {
  readonly #ports: FeedPorts;
  readonly pages: MessagePages;
  readonly #missed: MissedMessages;
  #follower = new Follower();
  #backlog: Backlog | undefined;
  /** Who waits for the backlog. */
  #awaited: Deferred<Backlog> | undefined;
  readonly #timer = new Timer();
  /** How often the replay of now was asked for, since the socket of now opened. */
  #asked = 0;
  #lacked = 0;
  /** Whether the socket of now has said how the conversation stands. */
  #isCurrent = false;

  constructor(ports: FeedPorts) {
    this.#ports = ports;
    this.#missed = ports.missed;
    this.pages = new MessagePages({
      backlog: () => this.#whenKnown(),
      cursor: () => this.#follower.cursor,
      page: (place) => ports.history.page(place),
      loaded: (messages) => ports.loaded(messages),
    });
  }

  /** What is shown: the newest messages, or a window of older ones. */
  get messages(): readonly Message[] {
    return this.#shown?.messages ?? [];
  }

  get newest(): Backlog | undefined {
    return this.#backlog;
  }

  get hasOlder(): boolean {
    return this.#shown?.hasOlder ?? true;
  }

  get hasNewer(): boolean {
    return this.pages.window !== undefined;
  }

  get cursor(): number | undefined {
    return this.#follower.cursor;
  }

  get isLive(): boolean {
    return this.#isCurrent && this.#follower.isLive && this.#backlog !== undefined;
  }

  get isCatchingUp(): boolean {
    return this.#follower.isCatchingUp;
  }

  /** Whether the next socket has something to bring, also where nobody looks. */
  get isWanted(): boolean {
    const hasBegun = this.#follower.cursor !== undefined;
    const isBegun = !hasBegun || this.#backlog !== undefined;
    return this.isCatchingUp || this.#awaited !== undefined || this.#missed.isWanted || !isBegun;
  }

  get #mayHaveMissed(): boolean {
    return this.#follower.cursor === undefined && this.#missed.isPossible;
  }

  get(seq: number): Message | undefined {
    return this.pages.window?.get(seq) ?? this.#backlog?.get(seq);
  }

  take(message: Message): void {
    if (this.#follower.cursor === undefined && message.rev === 1) {
      this.#begin(0, 0);
    } else if (this.#mayHaveMissed) {
      this.catchUp();
    }
    const taken = this.#follower.take(message);
    if (taken === "missed") {
      this.catchUp();
    } else {
      this.#apply(taken);
    }
  }

  /**
   * How the conversation stands, by a summary or an `ack`: where a client begins, or sees that it missed something.
   * `newestAtMs`: when its newest message was created.
   */
  stands(rev: number, head?: number, newestAtMs = 0): void {
    if (this.#follower.cursor === undefined && head !== undefined) {
      if (newestAtMs > this.#missed.sinceMs && !this.isCatchingUp) {
        this.#missed.want();
        this.catchUp();
      } else {
        this.#begin(rev, head);
      }
    } else if (this.#follower.isBehind(rev) || this.isWanted) {
      this.catchUp();
    }
  }

  /** Asks for what was missed, and again until the answer comes. Where no socket is open, the next one brings it. */
  catchUp(): void {
    this.#follower.catchUp();
    if (this.#asked === 0) {
      this.#ask();
    }
  }

  /** The last replay was refused for now. */
  askLater(leastMs: number): void {
    this.#again(Math.max(leastMs, backOffMs(this.#asked, this.#ports.timing)));
  }

  /** The replay ended. */
  synced(rev: number, head: number): void {
    if (!this.#follower.isCatchingUp) {
      this.stands(rev, head);
      return;
    }
    const told = this.#follower.replayed(rev);
    if (told === undefined) {
      return;
    }
    this.#answered();
    const backlog = this.#backlog ?? new Backlog(headBefore(told, head, this.#missed.sinceMs));
    if (!backlog.isReachedBy(told, head)) {
      this.#lacking();
      return;
    }
    this.#lacked = 0;
    this.#isCurrent = true;
    this.#backlog = backlog;
    this.#follower.caughtUp(rev);
    this.#known(backlog);
    this.#apply(told);
  }

  /** The server's history is another one, or too much was missed to be replayed. */
  reset(rev: number): void {
    this.#forget();
    this.#follower.reset(rev);
    this.#ports.restarted();
    this.catchUp();
  }

  /** The socket is gone, and what was asked for on it. */
  lost(): void {
    this.#answered();
    this.#isCurrent = false;
    this.#follower.lost();
    this.#missed.lost();
  }

  /** No answer will come: nobody waits for one any more. */
  stopped(error: PairlineError): void {
    this.lost();
    this.#missed.stopped();
    this.#awaited?.reject(error);
    this.#awaited = undefined;
  }

  /** Forgets the oldest beyond so many, unless more of them are being loaded. */
  trim(most: number): void {
    if (!this.pages.isLoading) {
      this.#backlog?.trim(most);
    }
  }

  get #shown(): Backlog | undefined {
    return this.pages.window ?? this.#backlog;
  }

  #begin(rev: number, head: number): void {
    if (this.#follower.isCatchingUp) {
      return;
    }
    this.#isCurrent = true;
    this.#follower.begin(rev);
    this.#backlog ??= new Backlog(head);
    this.#known(this.#backlog);
  }

  #apply(messages: readonly Message[]): void {
    if (messages.length === 0) {
      return;
    }
    this.pages.told(messages);
    const applied = this.#backlog?.apply(messages);
    if (applied === undefined) {
      this.#restart();
    } else {
      if (this.hasNewer) {
        this.trim(mostUnshownMessages);
      }
      this.#ports.applied(applied);
    }
  }

  /** The replay lacks a message of the head that it named. */
  #lacking(): void {
    this.#lacked += 1;
    if (this.#lacked > maxLackingReplays) {
      this.#restart();
    } else {
      this.#follower.again();
      this.#ask();
    }
  }

  #restart(): void {
    this.#lacked = 0;
    this.#follower = new Follower();
    this.#forget();
    this.#ports.restarted();
    this.catchUp();
  }

  #forget(): void {
    this.#backlog = undefined;
    this.pages.close();
    this.#missed.reset();
  }

  /** Begins with what was missed before the conversation was known. */
  #begunAt(missed: Missed | undefined): void {
    if (this.#follower.cursor !== undefined) {
      // A replay that was asked for before told where it begins.
      return;
    }
    if (missed === undefined) {
      this.#restart();
      return;
    }
    const { messages, head, rev } = missed;
    this.#follower.begin(rev, messages);
    this.#backlog = new Backlog(head - messages.length);
    this.#known(this.#backlog);
    this.#apply(messages);
    this.catchUp();
  }

  #ask(): void {
    if (this.#mayHaveMissed) {
      this.#missed.find((missed) => this.#begunAt(missed));
      return;
    }
    if (this.#ports.askReplay(this.#follower.cursor)) {
      this.#asked += 1;
      this.#again(this.#ports.timing.answerMs);
    }
  }

  #answered(): void {
    this.#timer.clear();
    this.#asked = 0;
  }

  #again(ms: number): void {
    this.#timer.set(ms, () => this.#ask());
  }

  #whenKnown(): Promise<Backlog> {
    if (this.#backlog !== undefined) {
      return Promise.resolve(this.#backlog);
    }
    const ended = this.#ports.ended();
    if (ended !== undefined) {
      return Promise.reject(ended);
    }
    this.#awaited ??= deferred();
    this.catchUp();
    return this.#awaited.promise;
  }

  #known(backlog: Backlog): void {
    this.#missed.cancel();
    this.#awaited?.resolve(backlog);
    this.#awaited = undefined;
  }
}
