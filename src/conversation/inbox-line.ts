import { fixedLimits } from "../protocol/limits.ts";
import { withdrawn } from "../protocol/withdrawn.ts";
import type { InboxNotification, NotifyResult, RelayedFrame } from "../rpc/inbox.ts";

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

interface InboxLinePorts {
  readonly deliver: (delivery: InboxNotification) => Promise<NotifyResult>;
  /** Everything of a delivery but its frames, as it is now. */
  readonly state: () => Omit<InboxNotification, "frames">;
  readonly now: () => number;
  /** Whether a message that is told now waits for others before it goes to D1; `resume` follows when it goes. */
  readonly isInBurst: () => boolean;
  readonly answered: (answer: NotifyResult) => void;
  /** Something durable could not be told: it must be tried again even if nothing else happens. */
  readonly failed: () => void;
}

interface Call {
  readonly frames: readonly RelayedFrame[];
  readonly oweDurable: boolean;
  readonly startedAtMs: number;
  readonly ended: Promise<boolean>;
}

/** The line from a conversation to the inbox of one user: only what is new, one call in flight, what comes meanwhile in the next. */
export class InboxLine {
  readonly #ports: InboxLinePorts;
  #frames: RelayedFrame[] = [];
  #characters = 0;
  /** Counts what was asked to be told, and up to where it was. */
  #asked = 0;
  #told = 0;
  #oweDurable = false;
  #call: Call | undefined;
  #nobodySinceMs: number | undefined;
  /** Of what was asked since the last call began: something may wait for `resume`, something must not wait. */
  #isHeld = false;
  #isUrgent = false;

  constructor(ports: InboxLinePorts) {
    this.#ports = ports;
  }

  /** Tells a frame, and the state with it. In a burst an inbox where nobody is hears of messages once for each write to D1. */
  add(frame: RelayedFrame): void {
    const isDurable = frame.type !== "typing" && frame.type !== "delivered";
    if (frame.type === "typing" && this.#nobodyThere()) {
      return;
    }
    this.#oweDurable ||= isDurable;
    this.#keep(frame);
    if (frame.type === "message" && this.#mayHold()) {
      this.#asked += 1;
      this.#isHeld = true;
    } else {
      this.touch();
    }
  }

  /** The burst's write begins: tells what was held for it. */
  resume(): void {
    if (this.#isHeld) {
      this.#isUrgent = true;
      this.#proceed();
    }
  }

  /** The inbox has a device again: tells what is held, or on its way to nobody. */
  arrived(): void {
    this.#nobodySinceMs = undefined;
    if (this.#told < this.#asked || this.#call !== undefined) {
      this.touch();
    }
  }

  /** Tells the state, and sees to it where that fails. */
  owe(): void {
    this.#oweDurable = true;
    this.touch();
  }

  /** Tells the state. */
  touch(): void {
    this.#asked += 1;
    this.#isUrgent = true;
    this.#proceed();
  }

  /** Whether something is not told yet that must be. */
  get owes(): boolean {
    return this.#oweDurable || this.#call?.oweDurable === true;
  }

  /** Returns when everything that is owed now was told, or that failed: whether it was told. */
  async told(): Promise<boolean> {
    const upTo = this.#asked;
    while (this.#told < upTo) {
      this.resume();
      if (this.#call === undefined || !(await this.#call.ended)) {
        return false;
      }
    }
    return true;
  }

  #proceed(): void {
    const call = this.#call;
    if (call !== undefined && this.#ports.now() - call.startedAtMs > overdueMs) {
      this.#giveBack(call);
    }
    if (this.#call === undefined) {
      this.#begin();
    }
  }

  #begin(): void {
    const startedAtMs = this.#ports.now();
    // What the same turn still has to tell goes along.
    const ended = Promise.resolve().then(() => this.#tell());
    this.#call = { frames: [], oweDurable: false, startedAtMs, ended };
  }

  async #tell(): Promise<boolean> {
    const upTo = this.#asked;
    const { now, state, deliver, answered } = this.#ports;
    const call = { ...this.#call, frames: this.#frames, oweDurable: this.#oweDurable } as Call;
    this.#call = call;
    this.#isHeld = false;
    this.#isUrgent = false;
    this.#forget();
    try {
      const answer = await deliver({ ...state(), frames: call.frames });
      this.#told = Math.max(this.#told, upTo);
      this.#nobodySinceMs = answer.devices === 0 ? now() : undefined;
      answered(answer);
    } catch {
      if (this.#call === call) {
        this.#giveBack(call);
      }
      return false;
    }
    if (this.#call === call) {
      this.#call = undefined;
      if (this.#told < this.#asked && (this.#isUrgent || !this.#mayHold())) {
        this.#begin();
      }
    }
    return true;
  }

  #giveBack({ frames, oweDurable }: Call): void {
    const later = this.#frames;
    const owesLater = this.#oweDurable;
    // A deletion may be among what was dropped: what came before it must not be told any more.
    const earlier = this.#isFull ? [] : frames;
    this.#call = undefined;
    this.#forget();
    for (const frame of [...earlier, ...later]) {
      if (frame.type !== "typing") {
        this.#keep(frame);
      }
    }
    this.#oweDurable = oweDurable || owesLater;
    if (this.#oweDurable) {
      this.#ports.failed();
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
    this.#oweDurable = false;
  }

  #mayHold(): boolean {
    return this.#ports.isInBurst() && this.#nobodyThere();
  }

  #nobodyThere(): boolean {
    const sinceMs = this.#nobodySinceMs;
    return sinceMs !== undefined && this.#ports.now() - sinceMs < nobodyThereMs;
  }
}

// Not measured exactly: that would take as long as to send them.
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
