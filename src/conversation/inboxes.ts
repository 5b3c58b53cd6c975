import type { Side } from "../protocol/pair.ts";
import { InboxLine } from "./inbox-line.ts";
import type { InboxNotification, NotifyResult, RelayedFrame } from "../rpc/inbox.ts";

interface InboxesPorts {
  readonly deliver: (side: Side, delivery: InboxNotification) => Promise<NotifyResult>;
  readonly stateFor: (side: Side) => Omit<InboxNotification, "frames">;
  readonly now: () => number;
  readonly isInBurst: () => boolean;
  readonly answered: (side: Side, answer: NotifyResult) => void;
  readonly failed: () => void;
}

/** The inboxes of both users, as far as their conversation has to do with them. */
export class Inboxes {
  readonly #lines: Readonly<Record<Side, InboxLine>>;

  constructor({ deliver, stateFor, answered, failed, ...ports }: InboxesPorts) {
    const line = (side: Side) =>
      new InboxLine({
        deliver: (delivery) => deliver(side, delivery),
        state: () => stateFor(side),
        answered: (answer) => answered(side, answer),
        failed,
        ...ports,
      });
    this.#lines = { a: line("a"), b: line("b") };
  }

  /** Tells a frame to both, or to one side's. */
  add(frame: RelayedFrame, only?: Side): void {
    for (const side of ["a", "b"] as const) {
      if (only === undefined || only === side) {
        this.#lines[side].add(frame);
      }
    }
  }

  /** Tells how things stand to both, or to one side's. */
  touch(only?: Side): void {
    for (const side of ["a", "b"] as const) {
      if (only === undefined || only === side) {
        this.#lines[side].touch();
      }
    }
  }

  /** Tells how things stand to both, or to one side's, and sees to it where that fails. */
  owe(only?: Side): void {
    for (const side of ["a", "b"] as const) {
      if (only === undefined || only === side) {
        this.#lines[side].owe();
      }
    }
  }

  /** The burst is over: tells what was held for its end. */
  resume(): void {
    this.#lines.a.resume();
    this.#lines.b.resume();
  }

  /** Whether something is not told yet that must be. */
  get owes(): boolean {
    return this.#lines.a.owes || this.#lines.b.owes;
  }

  owesTo(side: Side): boolean {
    return this.#lines[side].owes;
  }

  /** Returns when all that is owed now was told, or that failed: whether everything was told. */
  async told(): Promise<boolean> {
    const told = await Promise.all([this.#lines.a.told(), this.#lines.b.told()]);
    return told.every(Boolean);
  }

  /** One side's has a device again; returns when it was told all that it lacks, or that failed. */
  async arrived(side: Side): Promise<void> {
    this.#lines[side].arrived();
    await this.toldTo(side);
  }

  async toldTo(side: Side): Promise<void> {
    await this.#lines[side].told();
  }
}
