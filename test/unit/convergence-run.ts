import * as fc from "fast-check";
import { setFlagsFor } from "../../src/conversation/rpc-handlers.ts";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import type { Side } from "../../src/protocol/pair.ts";
import { Device } from "./device.ts";
import { pair, World } from "./world.ts";

const device = fc.nat(5);
const pick = fc.nat(99);
const sends = fc.record({
  kind: fc.constant("send" as const),
  device,
  replyTo: fc.option(pick),
  data: fc.boolean(),
});
const changes = fc.oneof(
  fc.record({ kind: fc.constant("edit" as const), device, pick }),
  fc.record({ kind: fc.constant("delete" as const), device, pick }),
  fc.record({ kind: fc.constant("react" as const), device, pick, emoji: fc.nat(2), on: fc.boolean() }),
);
const others = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("connect" as const), device }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("drop" as const), device, heard: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("retry" as const), device, pick, after: fc.nat(2) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("read" as const), device }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("block" as const), device, on: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("turn" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("settle" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("alarm" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("archive" as const), down: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("flaky" as const), answers: fc.nat(6) }) },
);
const disasters = fc.oneof(
  fc.record({ kind: fc.constant("snapshot" as const) }),
  fc.record({ kind: fc.constant("set archive back" as const) }),
  fc.record({ kind: fc.constant("restore" as const), downAfter: fc.boolean() }),
);

const daily = [
  { weight: 4, arbitrary: sends },
  { weight: 8, arbitrary: changes },
  { weight: 10, arbitrary: others },
] as const;

export const dailyStep = fc.oneof(...daily);
export const anyStep = fc.oneof(...daily, { weight: 1, arbitrary: disasters });
export type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

const emoji = ["👍", "❤", "🎉"] as const;

/** Two users on three devices each, and what the model remembers of them. */
export class Run {
  readonly world = new World();
  readonly devices = (["a", "a", "a", "b", "b", "b"] as Side[]).map((side) => new Device(this.world, side));
  /** What users wanted, and the name of the message that it was about. */
  readonly wanted: { readonly frame: WriteFrame; readonly side: Side; readonly about?: string }[] = [];
  #isRestored = false;
  #snapshot = { record: this.world.storage.dump(), archive: this.world.d1.dump() };

  /** All are connected, and each has said something. */
  async begin(): Promise<void> {
    for (const index of this.devices.keys()) {
      this.#device(index).connect();
      await this.take({ kind: "send", device: index, replyTo: null, data: false });
    }
    await this.world.settle();
  }

  /** Takes a step; each kind of step has its way. */
  take(taken: Step): void | Promise<void> {
    const { world } = this;
    // Times tell which of two edits was the later one.
    world.nowMs += 1;
    const ways: { [Kind in Step["kind"]]: (step: Extract<Step, { kind: Kind }>) => void | Promise<void> } = {
      send: (step) => this.#send(step),
      edit: ({ device: index, pick: nth }) =>
        this.#change(index, nth, { type: "edit", text: `edited ${this.wanted.length}` }),
      delete: ({ device: index, pick: nth }) => this.#change(index, nth, { type: "delete" }),
      react: ({ device: index, pick: nth, emoji: which, on }) =>
        this.#change(index, nth, { type: "react", emoji: emoji[which] ?? "👍", on }),
      connect: ({ device: index }) => this.#device(index).connect(),
      drop: ({ device: index, heard }) => this.#device(index).drop(heard),
      retry: ({ device: index, pick: nth, after }) => this.#retry(index, nth, after),
      read: ({ device: index }) => this.#device(index).read(),
      block: ({ device: index, on }) => this.#block(this.#device(index).side, on),
      turn: () => world.turn(),
      settle: () => world.settle(),
      alarm: () => world.ringAlarm(),
      restart: () => world.restart(),
      archive: ({ down }) => void (world.d1.isDown = down),
      flaky: ({ answers }) => void (world.d1.answersLeft = answers),
      snapshot: () => void (this.#snapshot = { record: world.storage.dump(), archive: world.d1.dump() }),
      "set archive back": () => this.#setArchiveBack(),
      restore: ({ downAfter }) => this.#restore(downAfter),
    };
    return (ways[taken.kind] as (step: Step) => void | Promise<void>)(taken);
  }

  /** Everything works again: every device comes back, resends, and loads what it was told to. */
  async end(): Promise<void> {
    for (let rounds = 0; rounds < 6; rounds += 1) {
      await this.#heal();
      for (const each of this.devices) {
        each.drop(true);
        each.connect();
      }
      await this.world.settle();
    }
    await Promise.all(this.devices.map((each) => each.load()));
  }

  #device(index: number): Device {
    const found = this.devices[index];
    if (found === undefined) {
      throw new Error("there are six devices");
    }
    return found;
  }

  #want(index: number, frame: WriteFrame): void {
    const found = this.#device(index);
    const about = frame.type === "send" ? undefined : found.log.get(frame.seq);
    this.wanted.push({ frame, side: found.side, ...(about && { about: about.author + about.id }) });
    found.want(frame);
  }

  #send({ device: index, replyTo, data }: Extract<Step, { kind: "send" }>): void {
    const id = `${index}-${this.wanted.length}`;
    const answered = replyTo === null ? undefined : this.#seqOf(index, replyTo, true);
    this.#want(index, {
      type: "send",
      id,
      text: `message ${id}`,
      ...(answered !== undefined && { replyTo: answered }),
      ...(data && { data: { picture: id } }),
    });
  }

  #change(
    index: number,
    nth: number,
    change:
      | { type: "edit"; text: string }
      | { type: "delete" }
      | { type: "react"; emoji: string; on: boolean },
  ): void {
    // Now and then one that is not theirs to change.
    const seq = this.#seqOf(index, nth, change.type === "react" || nth % 8 === 0);
    if (seq !== undefined) {
      this.#want(index, { id: `${index}-${this.wanted.length}`, seq, ...change });
    }
  }

  /** One of the newest messages that the device shows, or of its user's: changes shall meet each other. */
  #seqOf(index: number, nth: number, isAny: boolean): number | undefined {
    const { log, side } = this.#device(index);
    const shown = [...log.values()].filter(({ author }) => isAny || author === pair[side]);
    const seqs = shown
      .map(({ seq }) => seq)
      .toSorted((one, other) => other - one)
      .slice(0, 3);
    return seqs[nth % Math.max(1, seqs.length)];
  }

  #retry(index: number, nth: number, after: number): void {
    // A change is of its history: clients repeat none that they wanted before it was replaced.
    const mine = this.wanted.filter(
      ({ side, frame }) => side === this.#device(index).side && (frame.type === "send" || !this.#isRestored),
    );
    const entry = mine[nth % Math.max(1, mine.length)];
    if (entry !== undefined) {
      // Without `after` an edit would not be a retry but a new wish.
      const known = entry.frame.type === "edit" ? 0 : [undefined, 0, 1][after];
      this.#device(index).repeat(entry.frame, known);
    }
  }

  #block(side: Side, on: boolean): void {
    void setFlagsFor(this.world.room, pair[side], { blocked: on });
  }

  // An operator restores an object whose archive is whole; the archive may fail right after.
  async #restore(downAfter: boolean): Promise<void> {
    await this.#heal();
    this.#isRestored = true;
    this.world.storage.restore(this.#snapshot.record);
    this.world.d1.isDown = downAfter;
    this.world.restart();
  }

  // What the archive forgets the record has: at no time may both have lost something.
  async #setArchiveBack(): Promise<void> {
    await this.#heal();
    this.world.d1.restore(this.#snapshot.archive);
  }

  // A fresh start compares record and archive, then each alarm repeats what failed.
  async #heal(): Promise<void> {
    this.world.d1.isDown = false;
    this.world.d1.answersLeft = undefined;
    this.world.restart();
    for (let rounds = 0; rounds < 3; rounds += 1) {
      this.world.room.replicator.schedule();
      await this.world.settle();
      await this.world.ringAlarm();
    }
  }
}
