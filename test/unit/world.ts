import { readAbove, readPage, readState } from "../../src/archive/read.ts";
import { writeChanges } from "../../src/archive/write.ts";
import type { StoredMessage } from "../../src/model/message.ts";
import { storedPage } from "../../src/conversation/rpc-handlers.ts";
import { receiveFrame } from "../../src/conversation/frames.ts";
import { MessageStore } from "../../src/conversation/message-store.ts";
import { Conversation } from "../../src/conversation/conversation.ts";
import { readHistory } from "../../src/history/history.ts";
import { logEvents } from "../../src/observability/log-events.ts";
import type { Limits } from "../../src/protocol/limits.ts";
import type { Pair, Side } from "../../src/protocol/pair.ts";
import type { Page, PageQuery } from "../../src/protocol/rest.ts";
import { readSettings } from "../../src/settings.ts";
import type { Socket } from "../../src/websocket/connection.ts";
import { SqliteD1 } from "./sqlite-d1.ts";
import { SqliteStorage } from "./sqlite-storage.ts";
import type { InboxNotification, NotifyResult } from "../../src/rpc/inbox.ts";
import { Device as DeviceSocket } from "../../src/conversation/devices.ts";

export const pair = { a: "alice", b: "bob" } as const;

/** What several conversations of one deployment share, and what names this one. */
export interface Place {
  readonly pair: Pair;
  readonly key: string;
  readonly d1: SqliteD1;
  readonly now: () => number;
}

/** What a fake socket's owner hears. */
export interface SocketEnd {
  frame(text: string): void;
  closed(code: number, reason: string): void;
}

/** One conversation without a platform: the real rules and SQL on Node's SQLite, with a clock, turns and alarms by hand. */
export class World {
  nowMs = 1_800_000_000_000;
  alarmAtMs: number | undefined;
  aborts = 0;
  readonly reports: string[] = [];
  /** Writes to D1 wait for it: an archive that lags. */
  heldWrites: Promise<void> | undefined;
  /** How long the object pauses: over at once, unless a test holds it. */
  pause: (ms: number) => Promise<void> = () => Promise.resolve();
  /** What the users' inboxes do with a delivery. */
  deliver: (user: string, delivery: InboxNotification) => Promise<NotifyResult> = async () => ({
    devices: 0,
    visible: true,
  });
  readonly storage = new SqliteStorage();
  readonly d1: SqliteD1;
  readonly limits: Limits;
  readonly #place: Place;
  room: Conversation;
  #lives = 0;
  #deferred: (() => void)[] = [];
  #ends = new Map<DeviceSocket, SocketEnd>();

  constructor(limits: Partial<Limits> = {}, place: Partial<Place> = {}) {
    const d1 = new SqliteD1();
    this.#place = { pair, key: "conversation-key-00000", d1, now: () => this.nowMs, ...place };
    this.d1 = this.#place.d1;
    const lifted = readSettings({ RATE_LIMIT_PER_SECOND: "100000", RATE_LIMIT_BURST: "100000" }).limits;
    this.limits = { ...lifted, ...limits };
    this.room = this.#open();
  }

  get record(): StoredMessage[] {
    return new MessageStore(this.storage).range(1, Number.MAX_SAFE_INTEGER);
  }

  connect(side: Side, end: SocketEnd, after?: number, expiresAtMs = Number.POSITIVE_INFINITY): DeviceSocket {
    const pingedAtMs: number | undefined = undefined;
    const socket: Socket = {
      send: (text) => end.frame(text),
      close: (code, reason) => end.closed(code, reason),
      serializeAttachment: () => {},
      pingedAtMs: () => pingedAtMs,
    };
    const connection = new DeviceSocket(socket, {
      side,
      expiresAtMs,
      connectedAtMs: this.nowMs,
      deliveredSeq: 0,
    });
    this.#ends.set(connection, end);
    this.room.connect(connection, after);
    return connection;
  }

  frame(connection: DeviceSocket, frame: object): void {
    receiveFrame(this.room, connection, JSON.stringify(frame));
  }

  /** Runs the turns that are due, and lets every call in flight come back. */
  async settle(): Promise<void> {
    for (let rounds = 0; rounds < 6; rounds += 1) {
      this.turn();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  turn(): void {
    const due = this.#deferred;
    this.#deferred = [];
    for (const run of due) {
      run();
    }
  }

  async ringAlarm(): Promise<void> {
    if (this.alarmAtMs !== undefined) {
      this.nowMs = Math.max(this.nowMs, this.alarmAtMs);
      this.alarmAtMs = undefined;
      await this.room.replicator.onAlarm();
    }
  }

  /** The object dies: turns not run, memory and sockets are gone, what is durable stays. */
  restart(): void {
    this.#deferred = [];
    const ends = [...this.#ends.values()];
    this.#ends.clear();
    this.room = this.#open();
    for (const end of ends) {
      end.closed(1006, "");
    }
  }

  async history(query: PageQuery): Promise<Page> {
    const result = await readHistory(
      {
        pair: this.#place.pair,
        archived: (range) => readPage(this.d1.binding, this.#place.key, range),
        stored: (part) => storedPage(this.room, part),
      },
      query,
    );
    if (!result.ok) {
      throw new Error(result.refusal.code);
    }
    return result.page;
  }

  #open(): Conversation {
    const d1 = this.d1.binding;
    const { key, now } = this.#place;
    this.#lives += 1;
    const life = this.#lives;
    // What is under way when the object dies may still happen; nobody hears of it.
    const heard = async <Value>(call: Promise<Value>): Promise<Value> => {
      const [outcome] = await Promise.allSettled([call]);
      await (life === this.#lives ? undefined : new Promise(() => {}));
      if (outcome.status === "rejected") {
        throw outcome.reason;
      }
      return outcome.value;
    };
    return new Conversation({
      pair: this.#place.pair,
      limits: this.limits,
      storage: this.storage,
      archive: {
        state: () => heard(readState(d1, key)),
        write: async (write) => {
          await this.heldWrites;
          return heard(writeChanges(d1, key, write));
        },
        rowsAbove: (seq, limit) => heard(readAbove(d1, key, seq, limit)),
      },
      now,
      random: () => 0.5,
      defer: (run) => {
        if (life === this.#lives) {
          this.#deferred.push(run);
        }
      },
      pause: (ms) => heard(this.pause(ms)),
      setAlarm: (atMs) => {
        this.alarmAtMs = atMs;
      },
      clearAlarm: () => {
        this.alarmAtMs = undefined;
      },
      verifyToken: async (token) => ({
        ok: true,
        user: token,
        expiresAtMs: Number.POSITIVE_INFINITY,
        profile: {},
        issuedAtMs: 0,
      }),
      admitNewConversation: async () => undefined,
      notify: (user, delivery) => heard(this.deliver(user, delivery)),
      abort: () => {
        this.aborts += 1;
        // Where the object starts again its storage answers.
        this.storage.stepsLeft = undefined;
        this.restart();
      },
      report: (event) => {
        if (logEvents[event].level !== "info") {
          this.reports.push(event);
        }
      },
      reportRefusal: () => undefined,
    });
  }
}
