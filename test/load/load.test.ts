import { expect, test } from "vitest";
import { isSound, memorySlope, runLoad, type LoadOutcome } from "./run.ts";

test("[SE2][SE4] people who talk for a while, and come back when their sockets break, miss nothing and get no other answer", async () => {
  const outcome = await runLoad({
    conversations: 20,
    servers: 2,
    perSecond: 40,
    intervals: 1,
    intervalMs: 3_000,
    doublings: 1,
    seed: 3,
  });
  const { sockets, steady, beyond, faults } = outcome;
  expect(sockets).toBe(40);
  expect(faults).toEqual({ missing: 0, doubled: 0, unanswered: 0, notBack: 0 });
  const [interval] = steady;
  expect(interval?.done).toBeGreaterThan(0);
  expect(interval?.messagesPerSecond).toBeGreaterThan(0);
  expect(interval?.ack.p99).toBeGreaterThan(0);
  expect([...(interval?.refusals ?? [])]).toEqual([]);
  expect(beyond).toHaveLength(1);
  expect(isSound(outcome)).toBe(true);
});

test("[SE9] what is refused is counted by its code", async () => {
  const { beyond, faults } = await runLoad({
    conversations: 1,
    servers: 1,
    perSecond: 60,
    intervals: 0,
    intervalMs: 4_000,
    doublings: 1,
    seed: 3,
  });
  expect(beyond[0]?.refusals.get("rate_limited")).toBeGreaterThan(0);
  expect(faults).toEqual({ missing: 0, doubled: 0, unanswered: 0, notBack: 0 });
});

const delivery = `this.devices.broadcast({ type: "message", message });
      this.notifier.add({ type: "message", message, isNew: rev === createdRev });`;

test("a Worker that acknowledges what it does not deliver is found out", async () => {
  const outcome = await runLoad({
    conversations: 1,
    servers: 1,
    perSecond: 8,
    intervals: 1,
    intervalMs: 2_000,
    doublings: 0,
    seed: 3,
    settleWithinMs: 1_500,
    planted: [
      {
        file: "conversation/conversation.ts",
        from: delivery,
        to: `if (message.seq % 2 === 1) { ${delivery} }`,
      },
    ],
  });
  expect(outcome.faults.missing).toBeGreaterThan(0);
  expect(isSound(outcome)).toBe(false);
});

const interval = {
  perSecond: 1,
  done: 60,
  leftOut: 0,
  messagesPerSecond: 1,
  ack: { p50: 1, p99: 1 },
  deliveryP99: 1,
  pageP99: 1,
  refusals: new Map<string, number>(),
  memoryMiB: 1,
  cores: 1,
  generatorLateP99: 1,
};
const sound: LoadOutcome = {
  expected: 2,
  opened: 2,
  sockets: 2,
  openedInMs: 1,
  openingRefusals: new Map(),
  steady: [interval],
  beyond: [],
  faults: { missing: 0, doubled: 0, unanswered: 0, notBack: 0 },
};

test.each<[string, Partial<LoadOutcome>]>([
  ["somebody could not come", { opened: 1 }],
  ["somebody did not come back", { faults: { ...sound.faults, notBack: 1 } }],
  ["something is missing", { faults: { ...sound.faults, missing: 1 } }],
  ["somebody was refused while opening", { openingRefusals: new Map([["upgrade: no answer", 1]]) }],
  ["somebody was told something else", { steady: [{ ...interval, refusals: new Map([["close 1006", 1]]) }] }],
  ["nothing was acknowledged", { steady: [{ ...interval, ack: { p50: Number.NaN, p99: Number.NaN } }] }],
])("a run in which %s is not sound", (_, change) => {
  expect(isSound(sound)).toBe(true);
  expect(isSound({ ...sound, ...change })).toBe(false);
});

test("the slope of memory is that of its later half", () => {
  const seen = [900, 100, 200, 210, 220, 230].map((memoryMiB) => ({ memoryMiB }));
  expect(memorySlope(seen, 30_000)).toBeCloseTo(20);
});
