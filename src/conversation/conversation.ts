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
import { Admission, archiveWaitMs, Allowances } from "./admission.ts";
import { Replicator } from "./replicator.ts";
import { ReplicationAlarm } from "./replication-alarm.ts";
import { DeliveryMarks } from "./cursors.ts";
import { Devices, type Device } from "./devices.ts";
import { draftFrom } from "../model/draft.ts";
import { InboxNotifier } from "./inbox-notifier.ts";
import { Sequencer, type CursorOutcome, type WriteOutcome, summaryOf } from "./sequencer.ts";
import { MessageStore, type StoredState } from "./message-store.ts";
import { Presence } from "./presence.ts";
import { replicationSource } from "./replication-source.ts";
import type { ConversationPlatform } from "./platform.ts";
import { CommitQueue, applyOperations, type Operation, type OperationResult } from "./commit-queue.ts";
import { Typing } from "./typing.ts";
import { orUndefinedAfter } from "../lib/timeout.ts";
import type { RelayedFrame } from "../rpc/inbox.ts";
import { buildHandshake, buildReset } from "./replay.ts";

/** One conversation in memory: it accepts operations, commits them in order and publishes the results. */
export class Conversation {
  readonly platform: ConversationPlatform;
  readonly store: MessageStore;
  readonly sequencer: Sequencer;
  readonly replicator: Replicator;
  readonly devices: Devices;
  readonly notifier: InboxNotifier;
  readonly allowances: Allowances;
  readonly marks: DeliveryMarks;
  readonly typing: Typing;
  readonly #queue: CommitQueue<Operation>;
  readonly #admission: Admission;
  readonly #alarm: ReplicationAlarm;
  readonly #presence: Presence;

  constructor(ports: ConversationPlatform, restored: readonly Device[] = []) {
    const { pair, limits, archive, now } = ports;
    this.platform = ports;
    this.store = new MessageStore(ports.storage);
    this.sequencer = new Sequencer(this.store, limits);
    this.allowances = new Allowances(limits, now);
    const userOf = ({ side }: Device) => ports.pair[side];
    this.devices = new Devices({ ...ports, userOf, onLeft: (device) => this.#onLeft(device) }, restored);
    const { store, sequencer, devices } = this;
    const onMoved = (side: Side, seq: number) =>
      this.#publishDelivered({ type: "delivered", user: pair[side], seq }, side);
    this.marks = new DeliveryMarks({ store, sequencer, devices, onMoved });
    this.#presence = new Presence(devices, pair, (side) => sequencer.isBlocked(otherSide(side)));
    this.notifier = this.#createNotifier();
    const onReplaced = () => this.#resetDevices();
    const onMarksMerged = (before: StoredState) => this.#publishStates(before);
    const source = replicationSource({ store, sequencer, pair, archive, now, onReplaced, onMarksMerged });
    this.#alarm = new ReplicationAlarm({ ...ports, source });
    const { notifier } = this;
    this.typing = new Typing({ pair, sequencer, devices, notifier, now });
    this.replicator = new Replicator({ ...ports, source, notifier, alarm: this.#alarm });
    this.#admission = new Admission({
      sequencer,
      waitUntilCompared: () => this.replicator.waitUntilCompared(),
      admit: async (side) => ports.admitNewConversation(pair[side]),
      report: ports.report,
    });
    this.#queue = new CommitQueue({
      defer: ports.defer,
      gate: (operations) => this.#admission.gate(operations),
      commit: (operations) => this.#commit(operations),
    });
  }

  /** A device's socket: what it lacks since `after`, then `ready`, with the peer's profile where it is known. */
  connect(device: Device, after: number | undefined, profile?: Profile): void {
    const { side, kept } = device;
    const isFirst = this.devices.of(side).length === 0;
    this.devices.join(device);
    this.devices.opened(device);
    const { frames, deliveredSeq } = buildHandshake(
      { ...this.handshakeContext(side), profile, requestId: kept.requestId },
      after,
    );
    for (const frame of frames) {
      this.devices.send(device, frame);
    }
    this.#presence.onConnected(device);
    if (isFirst) {
      this.notifier.refresh(side);
    }
    this.marks.mark(device, deliveredSeq);
    this.replicator.schedule();
  }

  /** A socket that was here before the object slept. */
  restore(device: Device): void {
    this.devices.join(device);
    this.#presence.onRestored(device.side);
  }

  /** The socket is gone or wants to go: its close is answered. */
  disconnect(device: Device, code: number, reason: string): void {
    device.close(code, reason);
    this.devices.remove(device);
    this.replicator.schedule();
    this.replicator.flushNow();
  }

  /** Sends, edits, deletes or reacts. `respond` gets the result when it is durable and published, or the error. */
  write(
    side: Side,
    frame: WriteFrame,
    respond: (outcome: WriteOutcome<Message>) => void,
    isBurst = false,
  ): void {
    const refused = this.#takeSend(side, frame, isBurst) ?? nameFault(frame) ?? formFault(frame);
    if (refused !== undefined) {
      respond({ kind: "refused", refusal: refused });
    } else if (frame.type === "send") {
      this.#queue.add({ kind: "send", draft: draftFrom(side, frame), respond });
    } else {
      this.#queue.add({ kind: "change", side, change: frame, respond });
    }
  }

  /** Moves a read cursor with the turn. */
  read(side: Side, seq: number, respond: (outcome: CursorOutcome) => void): void {
    this.#queue.add({ kind: "read", side, seq, respond });
  }

  /** Mutes, archives or blocks. `respond` is called when the change is durable, or with the error. */
  setFlags(side: Side, update: FlagUpdate, respond: (refused: Refusal | undefined) => void): void {
    this.#queue.add({ kind: "flags", side, update, respond });
  }

  /** Returns when it is known what there is: an empty record may be one that lost its state, so the archive is asked. */
  async waitUntilKnown(): Promise<void> {
    this.replicator.schedule();
    if (this.sequencer.isEmpty) {
      await orUndefinedAfter(archiveWaitMs, this.replicator.waitUntilCompared());
    }
  }

  /** A repeat of what was stored is answered beyond the allowance too, as often as a mark is. */
  #takeSend(side: Side, frame: WriteFrame, isBurst: boolean): Refusal | undefined {
    const refused = this.allowances.takeSend(side, isBurst);
    return refused && this.sequencer.isRepeat(side, frame) ? this.allowances.takeSignal(side) : refused;
  }

  // Commits and publishes in one synchronous step: the output gate holds the frames until the commit is confirmed.
  #commit(operations: readonly Operation[]): void {
    const { now, report, abort } = this.platform;
    try {
      const before = this.sequencer.state;
      const refusalFor = (side: Side) => this.#admission.refusalFor(side);
      const result = applyOperations(
        { store: this.store, sequencer: this.sequencer, now, report, refusalFor },
        operations,
      );
      this.#publish(result, before);
      this.replicator.schedule();
    } catch (error) {
      // The state may be half updated. Ending the object makes clients reconnect and replay from the store.
      report("commit_failed", { error: errorName(error) });
      abort("commit_failed");
    }
  }

  #publish(batch: readonly OperationResult[], before: StoredState): void {
    const { pair } = this.platform;
    const messages = batch.map((result) =>
      result.kind === "write" && result.outcome.kind !== "refused"
        ? toMessage(result.outcome.message, pair)
        : undefined,
    );
    const deletions = messages.flatMap((message) => (message?.deletedAt === undefined ? [] : [message]));
    for (const [index, result] of batch.entries()) {
      const message = messages[index];
      if (result.kind === "state") {
        result.respond();
      } else if (result.outcome.kind === "refused") {
        result.respond(result.outcome);
      } else if (message !== undefined) {
        // A message that is deleted in the same commit is published as deleted.
        this.#publishMessage(result, deletions.reduce(withdrawn, message));
      }
    }
    this.#publishStates(before);
  }

  #publishMessage({ outcome, respond }: Extract<OperationResult, { kind: "write" }>, message: Message): void {
    if (outcome.kind === "stored") {
      const { rev, createdRev } = outcome.message;
      this.devices.broadcast({ type: "message", message });
      this.notifier.add({ type: "message", message, isNew: rev === createdRev });
    }
    if (outcome.kind !== "refused") {
      respond({ ...outcome, message });
    }
  }

  #publishStates(before: StoredState): void {
    this.#publishState("a", before);
    this.#publishState("b", before);
  }

  #publishState(side: Side, before: StoredState): void {
    const user = this.platform.pair[side];
    const { read, flags } = this.sequencer.state;
    const seen = visibleReadCursor(read[side], flags, side);
    if (seen > visibleReadCursor(before.read[side], before.flags, side)) {
      this.#publishFrame({ type: "read", user, seq: seen }, otherSide(side));
    }
    if (read[side] > before.read[side]) {
      this.#publishFrame({ type: "read", user, seq: read[side] }, side);
    }
    if (flagsChanged(flags, before.flags, side)) {
      this.notifier.requireNotify(side);
      this.#presence.onChanged(side);
    }
    if (flags.blocked[side] === null && before.flags.blocked[side] !== null && this.marks.of(side) > 0) {
      this.#publishFrame({ type: "delivered", user, seq: this.marks.of(side) }, otherSide(side));
    }
  }

  /** To all devices here and to both inboxes, or to those of one side. */
  #publishFrame(frame: RelayedFrame, only?: Side): void {
    this.devices.broadcast(frame, ({ side }) => only === undefined || side === only);
    this.notifier.add(frame, only);
  }

  /** Publishes a delivery mark. A user whom the side blocks does not see it move. */
  #publishDelivered(frame: RelayedFrame, side: Side): void {
    this.#publishFrame(frame, this.sequencer.isBlocked(otherSide(side)) ? side : undefined);
  }

  #onLeft(device: Device): void {
    const { side, deliveredSeq } = device;
    this.marks.keep(side, deliveredSeq);
    this.typing.onLeft(device);
    this.#presence.onChanged(side);
    if (this.devices.of(side).length === 0) {
      this.notifier.refresh(side);
    }
  }

  #resetDevices(): void {
    for (const device of this.devices.all) {
      const { side, kept } = device;
      for (const frame of buildReset({ ...this.handshakeContext(side), requestId: kept.requestId })) {
        this.devices.send(device, frame);
      }
    }
    this.notifier.add({ type: "reset", rev: this.sequencer.position.rev });
  }

  /** What the first frames of a side's socket are built from. */
  handshakeContext(side: Side) {
    const { pair, limits } = this.platform;
    const delivered = { a: this.marks.of("a"), b: this.marks.of("b") };
    const peerOnline = this.#presence.isOnline(otherSide(side));
    return { store: this.store, sequencer: this.sequencer, pair, limits, side, delivered, peerOnline };
  }

  #onNotifyFailure(): void {
    const { report, abort } = this.platform;
    report("inbox_delivery_failed", {});
    try {
      this.#alarm.onFailure();
    } catch {
      // Its own storage fails under it: it starts again from what is durable.
      abort("inbox_back_off_failed");
    }
  }

  #createNotifier(): InboxNotifier {
    const { pair, now, notify } = this.platform;
    return new InboxNotifier({
      now,
      isDebouncing: () => this.replicator.isDebouncing,
      notify: (side, delivery) => notify(pair[side], delivery),
      stateFor: (side) => ({
        peer: pair[otherSide(side)],
        summary: summaryOf({ sequencer: this.sequencer, pair }, side),
        bothWrote: this.sequencer.bothWrote,
        isHere: this.devices.isOnline(side),
      }),
      onNotified: (side, { visible }) => this.#presence.setVisible(side, visible),
      onFailure: () => this.#onNotifyFailure(),
    });
  }
}
