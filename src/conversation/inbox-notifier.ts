import type { Side } from "../protocol/pair.ts";
import type { InboxNotification, NotifyResult, RelayedFrame } from "../rpc/inbox.ts";
import { fixedLimits } from "../protocol/limits.ts";
import { withdrawn } from "../protocol/withdrawn.ts";

interface InboxNotifierPorts {
  readonly notify: (side: Side, delivery: InboxNotification) => Promise<NotifyResult>;
  readonly stateFor: (side: Side) => Omit<InboxNotification, "frames">;
  readonly now: () => number;
  readonly isDebouncing: () => boolean;
  readonly onNotified: (side: Side, answer: NotifyResult) => void;
  readonly onFailure: () => void;
}

/** The inboxes of both users, as far as their conversation has to do with them. */
export class InboxNotifier {
  readonly #sides: Readonly<Record<Side, SideNotifier>>;

  constructor({ notify, stateFor, onNotified, onFailure, ...ports }: InboxNotifierPorts) {
    const line = (side: Side) =>
      new SideNotifier({
        notify: (delivery) => notify(side, delivery),
        state: () => stateFor(side),
        onNotified: (answer) => onNotified(side, answer),
        onFailure,
        ...ports,
      });
    this.#sides = { a: line("a"), b: line("b") };
  }

  /** Tells a frame to both, or to one side's. */
  add(frame: RelayedFrame, only?: Side): void {
    for (const side of ["a", "b"] as const) {
      if (only === undefined || only === side) {
        this.#sides[side].add(frame);
      }
    }
  }

  /** Tells how things stand to both, or to one side's. */
  refresh(only?: Side): void {
    for (const side of ["a", "b"] as const) {
      if (only === undefined || only === side) {
        this.#sides[side].refresh();
      }
    }
  }

  /** Tells how things stand to both, or to one side's, and sees to it where that fails. */
  requireNotify(only?: Side): void {
    for (const side of ["a", "b"] as const) {
      if (only === undefined || only === side) {
        this.#sides[side].requireNotify();
      }
    }
  }

  /** The burst is over: tells what was held for its end. */
  release(): void {
    this.#sides.a.release();
    this.#sides.b.release();
  }

  /** Whether an inbox lacks a notification that must reach it. */
  get isRequired(): boolean {
    return this.#sides.a.isRequired || this.#sides.b.isRequired;
  }

  isRequiredFor(side: Side): boolean {
    return this.#sides[side].isRequired;
  }

  /** Resolves when every required notification has ended. Returns whether all succeeded. */
  async notified(): Promise<boolean> {
    const results = await Promise.all([this.#sides.a.notified(), this.#sides.b.notified()]);
    return results.every(Boolean);
  }

  /** A side's inbox has a device again. Resolves when it has every notification, or when that failed. */
  async onDevicePresent(side: Side): Promise<void> {
    this.#sides[side].onDevicePresent();
    await this.notifiedSide(side);
  }

  async notifiedSide(side: Side): Promise<void> {
    await this.#sides[side].notified();
  }
}

/** A call that has taken longer is given up when there is more to tell; where it lands all the same, its repeat is harmless. */
const overdueMs = 4_000;

/** How long "nobody there" is believed, for what only somebody who is there would want. */
const nobodyThereMs = 5_000;

/** About what a frame takes beside its text. */
const frameCharacters = 300;

/** About what an emoji and the signs around it take. */
const reactionCharacters = 40;

/** Characters of frames that wait for an inbox; beyond them devices are left to notice the gap and `sync`. */
const maxWaitingCharacters = 1_048_576;

interface SideNotifierPorts {
  readonly notify: (delivery: InboxNotification) => Promise<NotifyResult>;
  /** Everything of a delivery but its frames, as it is now. */
  readonly state: () => Omit<InboxNotification, "frames">;
  readonly now: () => number;
  /** Whether a message that is told now waits for others before it goes to D1; `resume` follows when it goes. */
  readonly isDebouncing: () => boolean;
  readonly onNotified: (answer: NotifyResult) => void;
  /** Something durable could not be told: it must be tried again even if nothing else happens. */
  readonly onFailure: () => void;
}

interface Call {
  readonly frames: readonly RelayedFrame[];
  readonly hasDurable: boolean;
  readonly startedAtMs: number;
  readonly ended: Promise<boolean>;
}

/** The line from a conversation to the inbox of one user: only what is new, one call in flight, what comes meanwhile in the next. */
export class SideNotifier {
  readonly #ports: SideNotifierPorts;
  #frames: RelayedFrame[] = [];
  #characters = 0;
  /** Counts what was asked to be told, and up to where it was. */
  #requestedCount = 0;
  #notifiedCount = 0;
  #hasDurable = false;
  #call: Call | undefined;
  #nobodySinceMs: number | undefined;
  /** Of what was asked since the last call began: something may wait for `resume`, something must not wait. */
  #isHeld = false;
  #isUrgent = false;

  constructor(ports: SideNotifierPorts) {
    this.#ports = ports;
  }

  /** Tells a frame, and the state with it. In a burst an inbox where nobody is hears of messages once for each write to D1. */
  add(frame: RelayedFrame): void {
    const isDurable = frame.type !== "typing" && frame.type !== "delivered";
    if (frame.type === "typing" && this.#nobodyThere()) {
      return;
    }
    this.#hasDurable ||= isDurable;
    this.#keep(frame);
    if (frame.type === "message" && this.#mayHold()) {
      this.#requestedCount += 1;
      this.#isHeld = true;
    } else {
      this.refresh();
    }
  }

  /** The burst's write begins: tells what was held for it. */
  release(): void {
    if (this.#isHeld) {
      this.#isUrgent = true;
      this.#proceed();
    }
  }

  /** The inbox has a device again: tells what is held, or on its way to nobody. */
  onDevicePresent(): void {
    this.#nobodySinceMs = undefined;
    if (this.#notifiedCount < this.#requestedCount || this.#call !== undefined) {
      this.refresh();
    }
  }

  /** Tells the state, and sees to it where that fails. */
  requireNotify(): void {
    this.#hasDurable = true;
    this.refresh();
  }

  /** Tells the state. */
  refresh(): void {
    this.#requestedCount += 1;
    this.#isUrgent = true;
    this.#proceed();
  }

  /** Whether an inbox lacks a notification that must reach it. */
  get isRequired(): boolean {
    return this.#hasDurable || this.#call?.hasDurable === true;
  }

  /** Returns when everything that is owed now was told, or that failed: whether it was told. */
  async notified(): Promise<boolean> {
    const upTo = this.#requestedCount;
    while (this.#notifiedCount < upTo) {
      this.release();
      if (this.#call === undefined || !(await this.#call.ended)) {
        return false;
      }
    }
    return true;
  }

  #proceed(): void {
    const call = this.#call;
    if (call !== undefined && this.#ports.now() - call.startedAtMs > overdueMs) {
      this.#restore(call);
    }
    if (this.#call === undefined) {
      this.#begin();
    }
  }

  #begin(): void {
    const startedAtMs = this.#ports.now();
    // What the same turn still has to tell goes along.
    const ended = Promise.resolve().then(() => this.#notify());
    this.#call = { frames: [], hasDurable: false, startedAtMs, ended };
  }

  async #notify(): Promise<boolean> {
    const upTo = this.#requestedCount;
    const { now, state, notify, onNotified } = this.#ports;
    const call = { ...this.#call, frames: this.#frames, hasDurable: this.#hasDurable } as Call;
    this.#call = call;
    this.#isHeld = false;
    this.#isUrgent = false;
    this.#forget();
    try {
      const answer = await notify({ ...state(), frames: call.frames });
      this.#notifiedCount = Math.max(this.#notifiedCount, upTo);
      this.#nobodySinceMs = answer.devices === 0 ? now() : undefined;
      onNotified(answer);
    } catch {
      if (this.#call === call) {
        this.#restore(call);
      }
      return false;
    }
    if (this.#call === call) {
      this.#call = undefined;
      if (this.#notifiedCount < this.#requestedCount && (this.#isUrgent || !this.#mayHold())) {
        this.#begin();
      }
    }
    return true;
  }

  #restore({ frames, hasDurable }: Call): void {
    const later = this.#frames;
    const owesLater = this.#hasDurable;
    // A deletion may be among what was dropped: what came before it must not be told any more.
    const earlier = this.#isFull ? [] : frames;
    this.#call = undefined;
    this.#forget();
    for (const frame of [...earlier, ...later]) {
      if (frame.type !== "typing") {
        this.#keep(frame);
      }
    }
    this.#hasDurable = hasDurable || owesLater;
    if (this.#hasDurable) {
      this.#ports.onFailure();
    }
  }

  #keep(frame: RelayedFrame): void {
    this.#characters += charactersOf(frame);
    if (frame.type === "message" && frame.message.deletedAt !== undefined) {
      const { message } = frame;
      this.#frames = this.#frames.map((waiting) =>
        waiting.type === "message" ? { ...waiting, message: withdrawn(waiting.message, message) } : waiting,
      );
    }
    if (this.#isFull) {
      this.#frames = [];
    } else {
      this.#frames.push(frame);
    }
  }

  get #isFull(): boolean {
    return this.#characters > maxWaitingCharacters;
  }

  #forget(): void {
    this.#frames = [];
    this.#characters = 0;
    this.#hasDurable = false;
  }

  #mayHold(): boolean {
    return this.#ports.isDebouncing() && this.#nobodyThere();
  }

  #nobodyThere(): boolean {
    const sinceMs = this.#nobodySinceMs;
    return sinceMs !== undefined && this.#ports.now() - sinceMs < nobodyThereMs;
  }
}

function charactersOf(frame: RelayedFrame): number {
  if (frame.type !== "message") {
    return frameCharacters;
  }
  const { text, data, quote, reactions } = frame.message;
  const users = Object.values(reactions ?? {}).flat();
  const reacted = users.reduce((sum, user) => sum + user.length + reactionCharacters, 0);
  const quoted = quote === undefined ? 0 : quote.text.length + frameCharacters;
  return (
    frameCharacters + text.length + reacted + quoted + (data === undefined ? 0 : fixedLimits.maxDataBytes)
  );
}
