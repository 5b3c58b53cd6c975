import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Side } from "../../src/protocol/pair.ts";
import { Device } from "./device.ts";
import { World } from "./world.ts";

// A longer search: CONVERGENCE_RUNS=20000 CONVERGENCE_SEED=<any> npx vitest run --project unit convergence
const runs = Number(process.env["CONVERGENCE_RUNS"] ?? 400);
const seed = Number(process.env["CONVERGENCE_SEED"] ?? 20_261_123);

const device = fc.nat(5);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("send" as const), device }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("connect" as const), device }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("drop" as const), device, heard: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("retry" as const), device, pick: fc.nat(99), after: fc.nat(2) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("turn" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("settle" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("alarm" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("archive" as const), down: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("flaky" as const), answers: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("snapshot" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("set archive back" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restore" as const), downAfter: fc.boolean() }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Two users on three devices each, and what the model remembers of them. */
class Run {
  readonly world = new World();
  readonly devices = (["a", "a", "a", "b", "b", "b"] as Side[]).map((side) => new Device(this.world, side));
  readonly sent: { id: string; text: string; device: number }[] = [];
  #snapshot = { record: this.world.storage.dump(), archive: this.world.d1.dump() };

  /** Takes a step; each kind of step has its way. */
  take(taken: Step): void | Promise<void> {
    const { world } = this;
    const ways: { [Kind in Step["kind"]]: (step: Extract<Step, { kind: Kind }>) => void | Promise<void> } = {
      send: ({ device: index }) => this.#send(index),
      connect: ({ device: index }) => this.#device(index).connect(),
      drop: ({ device: index, heard }) => this.#device(index).drop(heard),
      retry: ({ device: index, pick, after }) => this.#retry(index, pick, after),
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

  #send(index: number): void {
    const id = `${index}-${this.sent.length}`;
    const text = `message ${id}`;
    this.sent.push({ id, text, device: index });
    this.#device(index).compose(id, text);
  }

  #retry(index: number, pick: number, after: number): void {
    const mine = this.sent.filter((entry) => this.#device(entry.device).side === this.#device(index).side);
    const entry = mine[pick % Math.max(1, mine.length)];
    if (entry !== undefined) {
      this.#device(index).repeat(entry.id, entry.text, [undefined, 0, 1][after]);
    }
  }

  // An operator restores an object whose archive is whole; the archive may fail right after.
  async #restore(downAfter: boolean): Promise<void> {
    await this.#heal();
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
      this.world.room.archiver.wake();
      await this.world.settle();
      await this.world.ringAlarm();
    }
  }
}

test("[SE2][SE4][SE5][RP2][AR2][AR5] after any sends, retries, drops, restarts, outages and restores all six devices hold the same contiguous log, each message once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 70 }), async (steps) => {
      const run = new Run();
      for (const taken of steps) {
        await run.take(taken);
      }
      await run.end();
      const record = run.world.record;
      const names = record.map(({ author, id }) => author + id);
      expect(
        record.map(({ seq }) => seq),
        "numbers are contiguous",
      ).toEqual(record.map((_, index) => index + 1));
      expect(new Set(names).size, "each message is there once").toBe(names.length);
      for (const each of run.devices) {
        expect(each.unsent, "every send was settled").toBe(0);
        expect(
          [...each.log.values()]
            .map(({ seq, id, text }) => [seq, id, text])
            .toSorted((one, other) => Number(one[0]) - Number(other[0])),
        ).toEqual(record.map(({ seq, id, text }) => [seq, id, text]));
        for (const id of each.acknowledged) {
          expect(names, "acknowledged means durable").toContain(each.side + id);
        }
      }
      const archived = run.world.d1.rows(
        "SELECT seq, rev, author, id, text, count_a FROM messages ORDER BY seq",
      );
      expect(archived).toEqual(
        record.map(({ seq, rev, author, id, text, countA }) => ({
          seq,
          rev,
          author,
          id,
          text,
          count_a: countA,
        })),
      );
    }),
    { seed, numRuns: runs, endOnFailure: process.env["CI"] === "true" },
  );
}, 600_000);
