import { toMessage } from "../archive/stored-message.ts";
import type { Verification } from "../auth/verify.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import type { Limits } from "../protocol/limits.ts";
import { otherSide, type Pair, type Side } from "../protocol/pair.ts";
import type { FlagsBody, SendBody } from "../protocol/rest.ts";
import { Admission, emptyWaitMs } from "./admission.ts";
import { Allowances } from "./allowances.ts";
import { Archiver, type ConversationArchive } from "./archiver.ts";
import { applyBatch, type Entry, type Settled } from "./batch.ts";
import type { Connection } from "./connection.ts";
import { Connections } from "./connections.ts";
import { draftFrom } from "./draft.ts";
import { greet, greetAgain } from "./greeting.ts";
import { Line, type MarkOutcome, type SendOutcome } from "./line.ts";
import { Log, type LogState, type LogStorage } from "./log.ts";
import { recordFor } from "./record.ts";
import { Turn } from "./turn.ts";
import { within } from "./within.ts";

/** All that a conversation asks of the platform. */
export interface RoomPorts {
  readonly pair: Pair;
  readonly limits: Limits;
  readonly storage: LogStorage;
  readonly archive: ConversationArchive;
  readonly now: () => number;
  readonly random: () => number;
  readonly defer: (run: () => void) => void;
  readonly setAlarm: (atMs: number) => void;
  readonly clearAlarm: () => void;
  readonly verifyToken: (token: string) => Promise<Verification>;
  readonly admitNewConversation: (user: string) => Promise<Refusal | undefined>;
  /** Ends the object at once; it starts again from what is durable, and its clients replay. */
  readonly abort: (reason: string) => void;
  readonly report: (event: string, fields?: Readonly<Record<string, string | number>>) => void;
}

/** One conversation, awake: what is stored, in which order, and who hears of it. */
export class Room {
  readonly ports: RoomPorts;
  readonly log: Log;
  readonly line: Line;
  readonly archiver: Archiver;
  readonly connections: Connections;
  readonly allowances: Allowances;
  readonly #turn: Turn<Entry>;
  readonly #admission: Admission;

  constructor(ports: RoomPorts, awoken: readonly Connection[] = []) {
    const { pair, limits, archive, now, report } = ports;
    this.ports = ports;
    this.log = new Log(ports.storage);
    this.line = new Line(this.log);
    this.allowances = new Allowances(limits, now);
    this.connections = new Connections({ limits, now, left: (connection) => this.#left(connection) }, awoken);
    const replaced = () => this.#greetAgain();
    const record = recordFor({ log: this.log, line: this.line, pair, archive, now, replaced });
    this.archiver = new Archiver({ ...ports, record, report });
    this.#admission = new Admission({
      isEmpty: () => this.line.isEmpty,
      compared: () => this.archiver.compared(),
      admit: async (side) => ports.admitNewConversation(pair[side]),
    });
    this.#turn = new Turn({
      defer: ports.defer,
      gate: (entries) => this.#admission.gate(entries),
      commit: (entries) => this.#commit(entries),
    });
  }

  /** A device's socket: what it lacks since `after`, then `ready`. */
  connect(connection: Connection, after: number | undefined): void {
    const { side } = connection;
    const wasOnline = this.connections.isOnline(side);
    this.connections.add(connection);
    const { frames, deliveredSeq } = greet(this.#factsFor(side), after);
    for (const frame of frames) {
      this.connections.send(connection, frame);
    }
    if (!wasOnline && this.connections.isOnline(side)) {
      this.#announce(side, true);
    }
    this.#markDelivered(connection, deliveredSeq);
    this.archiver.wake();
  }

  /** The socket is gone or wants to go: its close is answered. */
  disconnect(connection: Connection, code: number, reason: string): void {
    connection.close(code, reason);
    this.connections.remove(connection);
    this.archiver.wake();
  }

  /** Stores a message with the turn; `settle` hears the outcome when it is durable and told, or refused. */
  send(author: Side, body: SendBody, settle: (outcome: SendOutcome) => void): void {
    const limited = this.allowances.takeSend(author);
    const checked =
      limited === undefined
        ? draftFrom(author, body, this.ports.limits)
        : ({ ok: false, refusal: limited } as const);
    if (checked.ok) {
      this.#turn.add({ kind: "send", draft: checked.draft, settle });
    } else {
      settle({ kind: "refused", refusal: checked.refusal });
    }
  }

  /** Moves a read cursor with the turn. */
  read(side: Side, seq: number, settle: (outcome: MarkOutcome) => void): void {
    this.#turn.add({ kind: "read", side, seq, settle });
  }

  /** Mutes or archives with the turn; `settle` hears when that is durable, or why it is refused. */
  setFlags(side: Side, wishes: FlagsBody, settle: (refused: Refusal | undefined) => void): void {
    this.#turn.add({ kind: "flags", side, wishes, settle });
  }

  /** One device has everything up to `seq`. Its socket remembers; the log learns it when the socket leaves. */
  delivered(connection: Connection, seq: number): Refusal | undefined {
    if (seq > this.line.position.head) {
      return refusal("out_of_range", { field: "seq", message: "seq is above the conversation's head" });
    }
    this.#markDelivered(connection, seq);
    return undefined;
  }

  typing(side: Side, on: boolean): void {
    this.connections.broadcast({ type: "typing", user: this.ports.pair[side], on }, otherSide(side));
  }

  /** Returns when it is known what there is: an empty record may be one that lost its state, so the archive is asked. */
  async known(): Promise<void> {
    this.archiver.wake();
    if (this.line.isEmpty) {
      await within(emptyWaitMs, this.archiver.compared());
    }
  }

  // Durable first, then told, in one synchronous step: the output gate holds the frames until the commit is confirmed.
  #commit(entries: readonly Entry[]): void {
    const { now, report, abort } = this.ports;
    try {
      const before = this.line.state;
      const refusalFor = (side: Side) => this.#admission.refusalFor(side);
      const settled = applyBatch({ log: this.log, line: this.line, now, report, refusalFor }, entries);
      this.#publish(settled, before);
      this.archiver.wake();
    } catch {
      // Half-counted or half-told: clients that connect again get it right from the log.
      report("commit_failed");
      abort("a turn's commit failed");
    }
  }

  // A change of flags shows in `before.flags !== line.state.flags`; sockets of a conversation are not told of it.
  #publish(batch: readonly Settled[], before: LogState): void {
    const { pair } = this.ports;
    for (const { stored, settle } of batch) {
      if (stored !== undefined) {
        this.connections.broadcast({ type: "message", message: toMessage(stored, pair) });
      }
      settle();
    }
    for (const side of ["a", "b"] as const) {
      const seq = this.line.state.read[side];
      if (seq > before.read[side]) {
        this.connections.broadcast({ type: "read", user: pair[side], seq });
      }
    }
  }

  #markDelivered(connection: Connection, seq: number): void {
    const { side } = connection;
    const before = this.#delivered(side);
    if (seq > connection.deliveredSeq) {
      connection.remember({ deliveredSeq: seq });
    }
    if (seq > before) {
      this.connections.broadcast({ type: "delivered", user: this.ports.pair[side], seq });
    }
  }

  #left(connection: Connection): void {
    const { side, deliveredSeq } = connection;
    if (deliveredSeq > this.line.deliveredAtLeast(side)) {
      this.log.transaction(() => this.line.keepDelivered(side, deliveredSeq));
    }
    if (!this.connections.isOnline(side)) {
      this.#announce(side, false);
    }
  }

  #announce(side: Side, online: boolean): void {
    this.connections.broadcast({ type: "presence", user: this.ports.pair[side], online }, otherSide(side));
  }

  #greetAgain(): void {
    for (const connection of this.connections.all) {
      for (const frame of greetAgain(this.#factsFor(connection.side))) {
        this.connections.send(connection, frame);
      }
    }
  }

  #factsFor(side: Side) {
    const { pair, limits } = this.ports;
    const delivered = { a: this.#delivered("a"), b: this.#delivered("b") };
    const peerOnline = this.connections.isOnline(otherSide(side));
    return { log: this.log, line: this.line, pair, limits, side, delivered, peerOnline };
  }

  #delivered(side: Side): number {
    return Math.max(this.line.deliveredAtLeast(side), this.connections.deliveredSeq(side));
  }
}
