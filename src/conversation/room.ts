import { toMessage } from "../archive/stored-message.ts";
import { areSetAnew } from "../archive/flags.ts";
import type { Profile } from "../protocol/conversation-list.ts";
import type { Refusal } from "../protocol/errors.ts";
import { otherSide, type Side } from "../protocol/pair.ts";
import type { RelayedFrame } from "../inbox/delivery.ts";
import type { FlagsBody, SendBody } from "../protocol/rest.ts";
import { Admission, emptyWaitMs } from "./admission.ts";
import { Allowances } from "./allowances.ts";
import { Archiver } from "./archiver.ts";
import { applyBatch, type Entry, type Settled } from "./batch.ts";
import { BackOff } from "./back-off.ts";
import type { Device } from "./device.ts";
import { Devices } from "./devices.ts";
import { draftFrom } from "./draft.ts";
import { greet, greetAgain } from "./greeting.ts";
import { Inboxes } from "./inboxes.ts";
import { aboveHead, Line, type MarkOutcome, type SendOutcome } from "./line.ts";
import { Log, type LogState } from "./log.ts";
import { Presence } from "./presence.ts";
import { recordFor } from "./record.ts";
import type { RoomPorts } from "./room-ports.ts";
import { summaryOf } from "./summary.ts";
import { Turn } from "./turn.ts";
import { within } from "../sockets/within.ts";

/** One conversation, awake: what is stored, in which order, and who hears of it. */
export class Room {
  readonly ports: RoomPorts;
  readonly log: Log;
  readonly line: Line;
  readonly archiver: Archiver;
  readonly devices: Devices;
  readonly inboxes: Inboxes;
  readonly allowances: Allowances;
  readonly #turn: Turn<Entry>;
  readonly #admission: Admission;
  readonly #backOff: BackOff;
  readonly #presence: Presence;
  /** How far devices on the users' inbox sockets said that they have everything; those sockets remember it. */
  #deliveredInInbox = { a: 0, b: 0 };

  constructor(ports: RoomPorts, awoken: readonly Device[] = []) {
    const { pair, limits, archive, now, report, abort } = ports;
    this.ports = ports;
    this.log = new Log(ports.storage);
    this.line = new Line(this.log);
    this.allowances = new Allowances(limits, now);
    this.devices = new Devices({ limits, now, left: (device) => this.#left(device) }, awoken);
    this.#presence = new Presence(this.devices, pair);
    this.inboxes = this.#openInboxes();
    const replaced = () => this.#greetAgain();
    const record = recordFor({ log: this.log, line: this.line, pair, archive, now, replaced });
    this.#backOff = new BackOff({ ...ports, record });
    const { inboxes } = this;
    this.archiver = new Archiver({ archive, record, now, report, abort, inboxes, backOff: this.#backOff });
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

  /** A device's socket: what it lacks since `after`, then `ready`, with the peer's profile where it is known. */
  connect(device: Device, after: number | undefined, profile?: Profile): void {
    const { side } = device;
    const isFirst = this.devices.of(side).length === 0;
    this.devices.join(device);
    const { frames, deliveredSeq } = greet({ ...this.factsFor(side), profile }, after);
    for (const frame of frames) {
      this.devices.send(device, frame);
    }
    this.#presence.arrived(device);
    if (isFirst) {
      this.inboxes.touch(side);
    }
    this.#markDelivered(device, deliveredSeq);
    this.archiver.wake();
  }

  /** A socket that was here before the object slept. */
  rejoin(device: Device): void {
    this.devices.join(device);
    this.#presence.recall(device.side);
  }

  /** The socket is gone or wants to go: its close is answered. */
  disconnect(device: Device, code: number, reason: string): void {
    device.close(code, reason);
    this.devices.remove(device);
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
  delivered(device: Device, seq: number): Refusal | undefined {
    const refused = this.#aboveHead(seq);
    if (refused === undefined) {
      this.#markDelivered(device, seq);
    }
    return refused;
  }

  /** The same of a device on its user's inbox socket; `keep` when that socket left and remembers no more. */
  deliveredToInbox(side: Side, seq: number, keep: boolean): Refusal | undefined {
    const refused = this.#aboveHead(seq);
    if (refused !== undefined) {
      return refused;
    }
    const before = this.#delivered(side);
    this.#deliveredInInbox[side] = Math.max(this.#deliveredInInbox[side], seq);
    this.#tellDelivered(side, before);
    if (keep) {
      this.#keepDelivered(side, seq);
    }
    return undefined;
  }

  typing(side: Side, on: boolean): void {
    const frame = { type: "typing", user: this.ports.pair[side], on } as const;
    this.devices.broadcast(frame, (device) => device.side === otherSide(side));
    // Nobody's inbox hears of somebody who may not have begun a conversation with them.
    if (!this.line.isEmpty) {
      this.inboxes.add(frame, otherSide(side));
    }
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

  #publish(batch: readonly Settled[], before: LogState): void {
    const { pair } = this.ports;
    for (const { stored, settle } of batch) {
      if (stored !== undefined) {
        this.#tell({ type: "message", message: toMessage(stored, pair) });
      }
      settle();
    }
    const { read, flags } = this.line.state;
    for (const side of ["a", "b"] as const) {
      const seq = read[side];
      if (seq > before.read[side]) {
        this.#tell({ type: "read", user: pair[side], seq });
      }
      if (areSetAnew(flags, before.flags, side)) {
        this.inboxes.owe(side);
      }
    }
  }

  /** To all devices here and to both inboxes. */
  #tell(frame: RelayedFrame): void {
    this.devices.broadcast(frame);
    this.inboxes.add(frame);
  }

  #aboveHead(seq: number): Refusal | undefined {
    return seq > this.line.position.head ? aboveHead() : undefined;
  }

  #markDelivered(device: Device, seq: number): void {
    const before = this.#delivered(device.side);
    if (seq > device.deliveredSeq) {
      device.remember({ deliveredSeq: seq });
    }
    this.#tellDelivered(device.side, before);
  }

  #tellDelivered(side: Side, before: number): void {
    const seq = this.#delivered(side);
    if (seq > before) {
      this.#tell({ type: "delivered", user: this.ports.pair[side], seq });
    }
  }

  #left({ side, deliveredSeq }: Device): void {
    this.#keepDelivered(side, deliveredSeq);
    this.#presence.changed(side);
    if (this.devices.of(side).length === 0) {
      this.inboxes.touch(side);
    }
  }

  #keepDelivered(side: Side, seq: number): void {
    if (seq > this.line.deliveredAtLeast(side)) {
      this.log.transaction(() => this.line.keepDelivered(side, seq));
    }
  }

  #greetAgain(): void {
    for (const device of this.devices.all) {
      for (const frame of greetAgain(this.factsFor(device.side))) {
        this.devices.send(device, frame);
      }
    }
    this.inboxes.add({ type: "reset", rev: this.line.position.rev });
  }

  /** What a side is greeted with. */
  factsFor(side: Side) {
    const { pair, limits } = this.ports;
    const delivered = { a: this.#delivered("a"), b: this.#delivered("b") };
    const peerOnline = this.#presence.isOnline(otherSide(side));
    return { log: this.log, line: this.line, pair, limits, side, delivered, peerOnline };
  }

  #delivered(side: Side): number {
    return Math.max(
      this.line.deliveredAtLeast(side),
      this.devices.deliveredSeq(side),
      this.#deliveredInInbox[side],
    );
  }

  #inboxFailed(): void {
    const { report, abort } = this.ports;
    report("inbox_delivery_failed");
    try {
      this.#backOff.failed();
    } catch {
      // Its own storage fails under it: it starts again from what is durable.
      abort("inbox_back_off_failed");
    }
  }

  #openInboxes(): Inboxes {
    const { pair, now, deliver } = this.ports;
    return new Inboxes({
      now,
      deliver: (side, delivery) => deliver(pair[side], delivery),
      stateFor: (side) => ({
        peer: pair[otherSide(side)],
        summary: summaryOf({ log: this.log, line: this.line, pair }, side),
        bothWrote: this.line.bothWrote,
        isHere: this.devices.isOnline(side),
      }),
      answered: (side, { visible }) => this.#presence.setVisible(side, visible),
      failed: () => this.#inboxFailed(),
    });
  }
}
