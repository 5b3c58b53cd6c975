import * as fc from "fast-check";
import { expect, test } from "vitest";
import { messageValues, toMessage } from "../../src/model/message.ts";
import type { Message } from "../../src/protocol/message.ts";
import { anyStep, dailyStep, Run, type Step } from "./convergence-run.ts";
import { pair } from "./world.ts";
import { quoting } from "../../src/conversation/message-store.ts";

// A longer search: CONVERGENCE_RUNS=20000 CONVERGENCE_SEED=<any> npx vitest run --project unit convergence
const runs = Number(process.env["CONVERGENCE_RUNS"] ?? 400);
const seed = Number(process.env["CONVERGENCE_SEED"] ?? 20_261_123);

async function finished(steps: readonly Step[]): Promise<Run> {
  const run = new Run();
  await run.begin();
  for (const taken of steps) {
    await run.take(taken);
  }
  await run.end();
  return run;
}

const bySeq = (messages: Iterable<Message>) => [...messages].toSorted((one, other) => one.seq - other.seq);

function expectConverged({ world, devices }: Run): void {
  const { record } = world;
  expect(
    record.map(({ seq }) => seq),
    "numbers are contiguous",
  ).toEqual(record.map((_, index) => index + 1));
  const names = record.map(({ author, id }) => author + id);
  expect(new Set(names).size, "each message is there once").toBe(names.length);
  const shown = quoting(world.room.store, record).map((row) => toMessage(row, pair));
  for (const each of devices) {
    expect(each.unsent, "every wish was settled").toBe(0);
    expect(bySeq(each.log.values()), "every device shows the record, quotes too").toEqual(shown);
  }
  const columns = world.d1.rows(
    `SELECT seq, rev, created_rev, author, id, text, created_at_ms, count_a, edited_at_ms, deleted_at_ms, reply_to,
       reactions, data, edit_id, edit_rev FROM messages ORDER BY seq`,
  );
  expect(
    columns.map((row) => Object.values(row)),
    "the archive is the record, row for row",
  ).toEqual(record.map(messageValues));
  const { flags, read } = world.room.sequencer.state;
  expect(world.d1.rows("SELECT state, blocked_a, blocked_b, read_a, read_b FROM conversations")).toEqual([
    {
      state: flags.state,
      blocked_a: flags.blocked.a,
      blocked_b: flags.blocked.b,
      read_a: read.a,
      read_b: read.b,
    },
  ]);
}

const check = (step: fc.Arbitrary<Step>, verify: (run: Run) => void) =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 90, size: "max" }), async (steps) => {
      verify(await finished(steps));
    }),
    { seed, numRuns: runs, endOnFailure: process.env["CI"] === "true" },
  );

test("[SE2][SE4][SE5][CH1][CH6][RY3][RP2][AR2][AR5] after any sends, changes, retries, drops, restarts, outages and restores all six devices and D1 hold the same contiguous log, each message once", async () => {
  await check(anyStep, (run) => {
    expectConverged(run);
    const names = new Set(run.world.record.map(({ author, id }) => author + id));
    const sent = new Set(run.wanted.flatMap(({ frame }) => (frame.type === "send" ? [frame.id] : [])));
    for (const { side, acknowledged } of run.devices) {
      for (const id of acknowledged.keys()) {
        expect(!sent.has(id) || names.has(side + id), "acknowledged means durable").toBe(true);
      }
    }
    const deleted = run.wanted.flatMap(({ frame, about }) =>
      frame.type === "delete" && run.devices.some(({ acknowledged }) => acknowledged.has(frame.id))
        ? [about]
        : [],
    );
    for (const { author, id, text } of run.world.record) {
      expect(!deleted.includes(pair[author] + id) || text === "", "deleted stays deleted").toBe(true);
    }
  });
}, 600_000);

test("[CH3][ED2][DE1] where nothing is restored, each message says what its newest acknowledged edit said, or nothing once it was deleted", async () => {
  await check(dailyStep, (run) => {
    expectConverged(run);
    for (const message of run.world.record) {
      expect({ seq: message.seq, text: message.text }).toEqual({
        seq: message.seq,
        text: textOf(run, message.seq) ?? message.text,
      });
    }
  });
}, 600_000);

/** What a message must say by what was acknowledged; undefined where nobody changed it. */
function textOf(run: Run, seq: number): string | undefined {
  const rev = (id: string) => Math.max(0, ...run.devices.map((each) => each.acknowledged.get(id) ?? 0));
  const acked = run.wanted.flatMap(({ frame }) => {
    const isChange = frame.type === "edit" || frame.type === "delete";
    return isChange && frame.seq === seq && rev(frame.id) > 0 ? [frame] : [];
  });
  const newest = acked.toSorted((one, other) => rev(other.id) - rev(one.id));
  if (newest.some(({ type }) => type === "delete")) {
    return "";
  }
  const [last] = newest;
  return last?.type === "edit" ? last.text : undefined;
}
