import { expect, test } from "vitest";
import { memorySlope, runLoad } from "./run.ts";

test("[SE2][SE4] people who talk for a while, and come back when their sockets break, miss nothing and get no other answer", async () => {
  const { sockets, steady, beyond, faults } = await runLoad({
    conversations: 20,
    servers: 2,
    perSecond: 40,
    intervals: 1,
    intervalMs: 3_000,
    doublings: 1,
    seed: 3,
  });
  expect(sockets).toBe(40);
  expect(faults).toEqual({ missing: 0, doubled: 0, unanswered: 0 });
  const [interval] = steady;
  expect(interval?.messagesPerSecond).toBeGreaterThan(0);
  expect(interval?.ack.p99).toBeGreaterThan(0);
  expect([...(interval?.refusals ?? [])]).toEqual([]);
  expect(beyond).toHaveLength(1);
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
  expect(faults).toEqual({ missing: 0, doubled: 0, unanswered: 0 });
});

test("the slope of memory is that of its later half", () => {
  const interval = {
    perSecond: 1,
    messagesPerSecond: 1,
    ack: { p50: 1, p99: 1 },
    deliveryP99: 1,
    pageP99: 1,
  };
  const seen = [900, 100, 200, 210, 220, 230].map((memoryMiB) => ({
    ...interval,
    refusals: new Map<string, number>(),
    memoryMiB,
    cores: 1,
    generatorLateP99: 1,
  }));
  expect(memorySlope(seen, 30_000)).toBeCloseTo(20);
});
