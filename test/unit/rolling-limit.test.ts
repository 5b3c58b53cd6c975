import { expect, test } from "vitest";
import { RollingLimit } from "../../src/lib/rolling-limit.ts";

test("[SI11] in no minute are more taken than the limit, wherever it begins", () => {
  const limit = new RollingLimit(3, 60_000);
  expect([0, 10_000, 59_999].map((nowMs) => limit.take(nowMs))).toEqual([0, 0, 0]);
  expect(limit.take(59_999)).toBe(1);
  expect(limit.take(60_000)).toBe(0);
  expect(limit.take(60_000)).toBe(10_000);
  expect(limit.take(69_999)).toBe(1);
  expect(limit.take(70_000)).toBe(0);
});

test("[SI11] what was taken before a sleep still counts, and a clock that steps back gives nothing", () => {
  const before = new RollingLimit(2, 60_000);
  before.take(50_000);
  before.take(50_001);
  const after = new RollingLimit(2, 60_000, before.takenAtMs);
  expect(after.take(50_002)).toBe(59_998);
  expect(after.take(0)).toBeGreaterThan(0);
});
