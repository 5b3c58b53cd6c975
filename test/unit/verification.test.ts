import * as fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { writeChanges } from "../../src/archive/write.ts";
import { partMessages, type VerifiedArchive } from "../../src/conversation/verification.ts";
import type { Difference, Verification } from "../../src/protocol/verification.ts";
import { archivedWorld, archiveOf, damage, key, seq, verify, verifyFrom, write } from "./verified-world.ts";
import { World } from "./world.ts";
import { recordSummary } from "../../src/conversation/sequencer.ts";

// A longer search: VERIFY_RUNS=5000 VERIFY_SEED=<any> npx vitest run --project unit verification
const runs = Number(process.env["VERIFY_RUNS"] ?? 150);
const seed = Number(process.env["VERIFY_SEED"] ?? 20_261_123);
type Row = Record<string, unknown>;

/** What is wrong with D1, found by comparing what two databases hold, column by column. */
function wrongRows(good: readonly Row[], now: readonly Row[]): Difference[] {
  const bySeq = (rows: readonly Row[]) => new Map(rows.map((row) => [row["seq"] as number, row]));
  const [wanted, had] = [bySeq(good), bySeq(now)];
  const seqs = [...new Set([...wanted.keys(), ...had.keys()])].toSorted((one, other) => one - other);
  return seqs.flatMap((at): Difference[] => {
    const [own, row] = [wanted.get(at), had.get(at)];
    if (own === undefined || row === undefined) {
      return [{ seq: at, kind: own === undefined ? "extra" : "missing" }];
    }
    const columns = Object.keys(own).filter((name) => own[name] !== row[name]);
    return columns.length === 0 ? [] : [{ seq: at, kind: "differs", columns: columns.map(camelCase) }];
  });
}

function camelCase(column: string): string {
  return column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const messageRows = (world: World) => world.d1.rows("SELECT * FROM messages ORDER BY seq");
/** The summary without what only the clock knows. */
const summaryRows = (world: World) =>
  world.d1.rows("SELECT * FROM conversations").map((row) => ({ ...row, updated_at_ms: undefined }));

test(
  "[VE2][VE4] whatever is damaged in D1 is reported exactly, and repaired exactly",
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 8 }), async (damages) => {
        const world = await archivedWorld();
        const good = { messages: messageRows(world), summary: summaryRows(world) };
        const record = world.storage.dump();
        for (const statement of damages) {
          world.d1.rows(statement);
        }
        const wrong = wrongRows(good.messages, messageRows(world));
        const isSummaryWrong = JSON.stringify(good.summary) !== JSON.stringify(summaryRows(world));

        const found = await verify(world);
        const far = await verifyFrom(world, found.next, false);
        const reported = [...found.differences, ...far];
        expect(reported.filter((difference) => difference.seq !== undefined)).toEqual(wrong);
        expect(reported.filter((difference) => difference.seq === undefined)).toHaveLength(
          isSummaryWrong ? 1 : 0,
        );

        const repaired = await verify(world, { repair: true });
        expect(repaired).toEqual({ ...found, remaining: 0 });
        await verifyFrom(world, repaired.next, true);
        expect(messageRows(world)).toEqual(good.messages);
        expect(summaryRows(world)).toEqual(good.summary);
        expect(await verify(world)).toMatchObject({ checked: 12, pending: 0, differences: [] });
        expect(world.storage.dump()).toEqual(record);
      }),
      { numRuns: runs, seed },
    );
  },
);

test("[VE2] what is on its way to D1 is waited for, ten seconds at most", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const world = await archivedWorld();
  const { promise, resolve: release } = Promise.withResolvers<void>();
  world.heldWrites = promise;
  write(world, "a", { type: "send", text: "one more" });
  await world.settle();
  const answers: Verification[] = [];
  const impatient = verify(world).then((answer) => answers.push(answer));
  await vi.advanceTimersByTimeAsync(9_999);
  await world.settle();
  expect(answers).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await impatient;
  expect(answers).toMatchObject([{ checked: 12, pending: 2, differences: [] }]);
  const patient = verify(world);
  await world.settle();
  release();
  expect(await patient).toMatchObject({ checked: 13, pending: 0, differences: [] });
});

test("[VE4] a repair between whose comparison and write a flush lands keeps what the flush wrote", async () => {
  const world = await archivedWorld();
  world.d1.rows("UPDATE messages SET text = 'tampered' WHERE seq = 5");
  world.d1.rows("DELETE FROM messages WHERE seq = 7");
  const archive = archiveOf(world);
  const texts: unknown[] = [];
  const racing: VerifiedArchive = {
    ...archive,
    correct: async (correction) => {
      write(world, "a", { type: "edit", seq: 5, text: "newer" });
      write(world, "a", { type: "edit", seq: 7, text: "newer too" });
      world.turn();
      await world.room.replicator.waitUntilReplicated(Infinity);
      texts.push(textsInD1(world, 5, 7));
      await archive.correct(correction);
      texts.push(textsInD1(world, 5, 7));
    },
  };
  expect(await verify(world, { repair: true }, racing)).toMatchObject({
    differences: [
      { seq: 5, kind: "differs", columns: ["text"] },
      { seq: 7, kind: "missing" },
    ],
    remaining: 0,
  });
  expect(texts).toEqual([
    ["newer", "newer too"],
    ["newer", "newer too"],
  ]);
  expect(await verify(world)).toMatchObject({ pending: 0, differences: [] });
});

test("[VE4] a flush that was given up and lands after the repair changes nothing", async () => {
  const world = await archivedWorld();
  const [early] = world.d1.rows("SELECT * FROM messages WHERE seq = 5");
  write(world, "a", { type: "edit", seq: 5, text: "newer" });
  await world.settle();
  world.d1.rows("UPDATE messages SET text = 'tampered' WHERE seq = 5");
  expect(await verify(world, { repair: true })).toMatchObject({ remaining: 0 });
  const held = messageRows(world);
  await lateFlush(world, Number(early?.["rev"]));
  expect(messageRows(world)).toEqual(held);
});

test(
  "[VE4] random races of repair, sends, edits and marks leave D1 as the record",
  { timeout: 60_000 },
  async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("send" as const) }),
      fc.record({ kind: fc.constant("edit" as const), seq }),
      fc.record({ kind: fc.constant("read" as const), seq }),
      fc.record({ kind: fc.constant("mute" as const), on: fc.boolean() }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(damage, { minLength: 1, maxLength: 6 }),
        fc.array(fc.tuple(step, fc.nat(3)), { minLength: 1, maxLength: 12 }),
        async (damages, steps) => {
          const world = await archivedWorld();
          for (const statement of damages) {
            world.d1.rows(statement);
          }
          const repairing = verify(world, { repair: true });
          for (const [taken, rounds] of steps) {
            take(world, taken);
            for (let round = 0; round < rounds; round += 1) {
              world.turn();
              await new Promise((resolve) => setImmediate(resolve));
            }
          }
          await repairing;
          await world.settle();
          await verify(world, { repair: true });
          await verifyFrom(world, partMessages + 1, true);
          expect(world.aborts).toBe(0);
          expect(await verify(world)).toMatchObject({ pending: 0, differences: [] });
          expect(messageRows(world).map(({ seq: at, text }) => [at, text])).toEqual(
            world.record.map((row) => [row.seq, row.text]),
          );
        },
      ),
      { numRuns: runs, seed },
    );

    type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
    function take(world: World, taken: Step): void {
      if (taken.kind === "send") {
        write(world, "b", { type: "send", text: "one more" });
      } else if (taken.kind === "edit") {
        write(world, taken.seq % 3 === 0 ? "b" : "a", {
          type: "edit",
          seq: taken.seq,
          text: `anew ${taken.seq}`,
        });
      } else if (taken.kind === "read") {
        world.room.read("a", taken.seq, () => {});
      } else {
        world.room.setFlags("b", { muted: taken.on }, () => {});
      }
    }
  },
);

test("[VE4] a set-back archive is filled beyond the repaired part before its cursor moves", async () => {
  const world = await archivedWorld(600);
  const good = messageRows(world);
  world.d1.rows("UPDATE conversations SET rev = 100, head = 100");
  world.d1.rows("DELETE FROM messages WHERE seq IN (50, 101, 550)");
  const missing = [{ kind: "differs" }, { seq: 50 }, { seq: 101 }];
  expect((await verify(world)).differences).toMatchObject(missing);
  const repaired = await verify(world, { repair: true });
  expect(repaired).toMatchObject({ next: 501, differences: missing, remaining: 0 });
  expect(messageRows(world)).toEqual(good);
});

test("[VE4] a repair of long messages is cut into writes that D1 takes", async () => {
  const world = new World();
  for (let count = 1; count <= 40; count += 1) {
    write(world, "a", { type: "send", text: `${count}`.padEnd(16_000, "ü").slice(0, 8_000) });
  }
  await world.settle();
  const good = messageRows(world);
  world.d1.rows("UPDATE messages SET text = 'tampered'");
  expect(await verify(world, { repair: true })).toMatchObject({ checked: 40, remaining: 0 });
  expect(messageRows(world)).toEqual(good);
});

function textsInD1(world: World, ...seqs: number[]): unknown[] {
  return seqs.map((at) => world.d1.rows("SELECT text FROM messages WHERE seq = ?", at)[0]?.["text"]);
}

/** What a flush of a moment ago carried of message 5 arrives now. */
async function lateFlush(world: World, rev: number): Promise<void> {
  const { store, sequencer, platform } = world.room;
  const own = store.message(5);
  const messages = own === undefined ? [] : [{ ...own, rev, text: "older" }];
  const summary = { ...recordSummary({ sequencer, pair: platform.pair }), rev: sequencer.position.rev - 1 };
  await writeChanges(world.d1.binding, key, { base: 1, messages, summary, nowMs: 1 });
}
