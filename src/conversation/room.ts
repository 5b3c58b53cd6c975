import { toMessage } from "../model/message.ts";
import { flagsChanged, visibleReadCursor, type FlagUpdate } from "../model/flags.ts";
import type { Profile } from "../protocol/conversation-list.ts";
import type { WriteFrame } from "../protocol/client-frame.ts";
import { formFault } from "../protocol/content.ts";
import type { Refusal } from "../protocol/errors.ts";
import { nameFault } from "../protocol/import.ts";
import type { Message } from "../protocol/message.ts";
import { errorName } from "../observability/log-events.ts";
import { otherSide, type Side } from "../protocol/pair.ts";
import { withdrawn } from "../protocol/withdrawn.ts";
import { Admission, emptyWaitMs } from "./admission.ts";
import { Allowances } from "./allowances.ts";
import { Archiver } from "./archiver.ts";
import { applyBatch, type Entry, type Settled } from "./batch.ts";
import { BackOff } from "./back-off.ts";
import { DeliveryMarks } from "./delivery-marks.ts";
import type { Device } from "./device.ts";
import { Devices } from "./devices.ts";
import { draftFrom } from "../model/draft.ts";
import { greet, greetAgain } from "./greeting.ts";
import { Inboxes } from "./inboxes.ts";
import { Line, type MarkOutcome, type WriteOutcome } from "./line.ts";
import { Log, type LogState } from "./log.ts";
import { Presence } from "./presence.ts";
import { recordFor } from "./record.ts";
import type { RoomPorts } from "./room-ports.ts";
import { summaryOf } from "./summary.ts";
import { Turn } from "./turn.ts";
import { Typing } from "./typing.ts";
import { within } from "../sockets/within.ts";
import type { RelayedFrame } from "../rpc/inbox.ts";

/** One conversation, awake: what is stored, in which order, and who hears of it. */
export class Room {
  readonly ports: RoomPorts;
  readonly log: Log;
  readonly line: Line;
  readonly archiver: Archiver;
  readonly devices: Devices;
  readonly inboxes: Inboxes;
  readonly allowances: Allowances;
  readonly marks: DeliveryMarks;
  readonly typing: Typing;
  readonly #turn: Turn<Entry>;
  readonly #admission: Admission;
  readonly #backOff: BackOff;
  readonly #presence: Presence;

  constructor(ports: RoomPorts, awoken: readonly Device[] = []) {
    const { pair, limits, archive, now } = ports;
    this.ports = ports;
    this.log = new Log(ports.storage);
    this.line = new Line(this.log, limits);
    this.allowances = new Allowances(limits, now);
    const userOf = ({ side }: Device) => ports.pair[side];
    this.devices = new Devices({ ...ports, userOf, left: (device) => this.#left(device) }, awoken);
    const { log, line, devices } = this;
    const moved = (side: Side, seq: number) =>
      this.#tellMark({ type: "delivered", user: pair[side], seq }, side);
    this.marks = new DeliveryMarks({ log, line, devices, moved });
    this.#presence = new Presence(devices, pair, (side) => line.isBlocked(otherSide(side)));
    this.inboxes = this.#openInboxes();
    const replaced = () => this.#greetAgain();
    const marksTaken = (before: LogState) => this.#publishStates(before);
    const record = recordFor({ log, line, pair, archive, now, replaced, marksTaken });
    this.#backOff = new BackOff({ ...ports, record });
    const { inboxes } = this;
    this.typing = new Typing({ pair, line, devices, inboxes, now });
    this.archiver = new Archiver({ ...ports, record, inboxes, backOff: this.#backOff });
    this.#admission = new Admission({
      line,
      compared: () => this.archiver.compared(),
      admit: async (side) => ports.admitNewConversation(pair[side]),
      report: ports.report,
    });
    this.#turn = new Turn({
      defer: ports.defer,
      gate: (entries) => this.#admission.gate(entries),
      commit: (entries) => this.#commit(entries),
    });
  }

  /** A device's socket: what it lacks since `after`, then `ready`, with the peer's profile where it is known. */
  connect(device: Device, after: number | undefined, profile?: Profile): void {
    const { side, kept } = device;
    const isFirst = this.devices.of(side).length === 0;
    this.devices.join(device);
    this.devices.opened(device);
    const { frames, deliveredSeq } = greet(
      { ...this.factsFor(side), profile, requestId: kept.requestId },
      after,
    );
    for (const frame of frames) {
      this.devices.send(device, frame);
    }
    this.#presence.arrived(device);
    if (isFirst) {
      this.inboxes.touch(side);
    }
    this.marks.mark(device, deliveredSeq);
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
    this.archiver.hasten();
  }

  /** Sends, edits, deletes or reacts with the turn; `settle` hears the outcome when it is durable and told, or refused. */
  write(
    side: Side,
    frame: WriteFrame,
    settle: (outcome: WriteOutcome<Message>) => void,
    isBurst = false,
  ): void {
    const refused = this.#takeSend(side, frame, isBurst) ?? nameFault(frame) ?? formFault(frame);
    if (refused !== undefined) {
      settle({ kind: "refused", refusal: refused });
    } else if (frame.type === "send") {
      this.#turn.add({ kind: "send", draft: draftFrom(side, frame), settle });
    } else {
      this.#turn.add({ kind: "change", side, change: frame, settle });
    }
  }

  /** Moves a read cursor with the turn. */
  read(side: Side, seq: number, settle: (outcome: MarkOutcome) => void): void {
    this.#turn.add({ kind: "read", side, seq, settle });
  }

  /** Mutes, archives or blocks with the turn; `settle` hears when that is durable, or why it is refused. */
  setFlags(side: Side, update: FlagUpdate, settle: (refused: Refusal | undefined) => void): void {
    this.#turn.add({ kind: "flags", side, update, settle });
  }

  /** Returns when it is known what there is: an empty record may be one that lost its state, so the archive is asked. */
  async known(): Promise<void> {
    this.archiver.wake();
    if (this.line.isEmpty) {
      await within(emptyWaitMs, this.archiver.compared());
    }
  }

  /** A repeat of what was stored is answered beyond the allowance too, as often as a mark is. */
  #takeSend(side: Side, frame: WriteFrame, isBurst: boolean): Refusal | undefined {
    const refused = this.allowances.takeSend(side, isBurst);
    return refused && this.line.isRepeat(side, frame) ? this.allowances.takeSignal(side) : refused;
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
    } catch (error) {
      // Half-counted or half-told: clients that connect again get it right from the log.
      report("commit_failed", { error: errorName(error) });
      abort("commit_failed");
    }
  }

  #publish(batch: readonly Settled[], before: LogState): void {
    const { pair } = this.ports;
    const messages = batch.map((settled) =>
      settled.kind === "write" && settled.outcome.kind !== "refused"
        ? toMessage(settled.outcome.message, pair)
        : undefined,
    );
    const deletions = messages.flatMap((message) => (message?.deletedAt === undefined ? [] : [message]));
    for (const [index, settled] of batch.entries()) {
      const message = messages[index];
      if (settled.kind === "state") {
        settled.settle();
      } else if (settled.outcome.kind === "refused") {
        settled.settle(settled.outcome);
      } else if (message !== undefined) {
        // What is deleted in the turn that shows it is told as deleted.
        this.#publishMessage(settled, deletions.reduce(withdrawn, message));
      }
    }
    this.#publishStates(before);
  }

  #publishMessage({ outcome, settle }: Extract<Settled, { kind: "write" }>, message: Message): void {
    if (outcome.kind === "stored") {
      const { rev, createdRev } = outcome.message;
      this.devices.broadcast({ type: "message", message });
      this.inboxes.add({ type: "message", message, isNew: rev === createdRev });
    }
    if (outcome.kind !== "refused") {
      settle({ ...outcome, message });
    }
  }

  #publishStates(before: LogState): void {
    this.#publishState("a", before);
    this.#publishState("b", before);
  }

  #publishState(side: Side, before: LogState): void {
    const user = this.ports.pair[side];
    const { read, flags } = this.line.state;
    const seen = visibleReadCursor(read[side], flags, side);
    if (seen > visibleReadCursor(before.read[side], before.flags, side)) {
      this.#tell({ type: "read", user, seq: seen }, otherSide(side));
    }
    if (read[side] > before.read[side]) {
      this.#tell({ type: "read", user, seq: read[side] }, side);
    }
    if (flagsChanged(flags, before.flags, side)) {
      this.inboxes.owe(side);
      this.#presence.changed(side);
    }
    if (flags.blocked[side] === null && before.flags.blocked[side] !== null && this.marks.of(side) > 0) {
      this.#tell({ type: "delivered", user, seq: this.marks.of(side) }, otherSide(side));
    }
  }

  /** To all devices here and to both inboxes, or to those of one side. */
  #tell(frame: RelayedFrame, only?: Side): void {
    this.devices.broadcast(frame, ({ side }) => only === undefined || side === only);
    this.inboxes.add(frame, only);
  }

  /** A mark of a side: who is blocked by them does not see it move. */
  #tellMark(frame: RelayedFrame, side: Side): void {
    this.#tell(frame, this.line.isBlocked(otherSide(side)) ? side : undefined);
  }

  #left(device: Device): void {
    const { side, deliveredSeq } = device;
    this.marks.keep(side, deliveredSeq);
    this.typing.left(device);
    this.#presence.changed(side);
    if (this.devices.of(side).length === 0) {
      this.inboxes.touch(side);
    }
  }

  #greetAgain(): void {
    for (const device of this.devices.all) {
      const { side, kept } = device;
      for (const frame of greetAgain({ ...this.factsFor(side), requestId: kept.requestId })) {
        this.devices.send(device, frame);
      }
    }
    this.inboxes.add({ type: "reset", rev: this.line.position.rev });
  }

  /** What a side is greeted with. */
  factsFor(side: Side) {
    const { pair, limits } = this.ports;
    const delivered = { a: this.marks.of("a"), b: this.marks.of("b") };
    const peerOnline = this.#presence.isOnline(otherSide(side));
    return { log: this.log, line: this.line, pair, limits, side, delivered, peerOnline };
  }

  #inboxFailed(): void {
    const { report, abort } = this.ports;
    report("inbox_delivery_failed", {});
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
      isInBurst: () => this.archiver.isInBurst,
      deliver: (side, delivery) => deliver(pair[side], delivery),
      stateFor: (side) => ({
        peer: pair[otherSide(side)],
        summary: summaryOf({ line: this.line, pair }, side),
        bothWrote: this.line.bothWrote,
        isHere: this.devices.isOnline(side),
      }),
      answered: (side, { visible }) => this.#presence.setVisible(side, visible),
      failed: () => this.#inboxFailed(),
    });
  }
}
