import { expect, test } from "vitest";
import { TokenBucket } from "../../src/lib/token-bucket.ts";
import { readSettings } from "../../src/settings.ts";
import { Allowances } from "../../src/conversation/admission.ts";

test("[SE9] the burst passes, one more waits exactly as long as it is told", () => {
  const bucket = new TokenBucket(5, 20, 0);
  const answers = Array.from({ length: 20 }, () => bucket.take(0));
  expect(answers).toEqual(Array(20).fill(0));
  expect(bucket.take(0)).toBe(200);
  expect(bucket.take(199)).toBe(1);
  expect(bucket.take(200)).toBe(0);
});

test("[SE9] it refills to the burst and no further, and a clock that steps back gives nothing", () => {
  const bucket = new TokenBucket(5, 2, 1_000);
  expect([bucket.take(1_000), bucket.take(1_000)]).toEqual([0, 0]);
  expect(bucket.take(0)).toBeGreaterThan(0);
  const later = [1, 2, 3].map(() => bucket.take(100_000));
  expect(later.slice(0, 2)).toEqual([0, 0]);
  expect(later[2]).toBeGreaterThan(0);
});

test("[SE9] sends and signals are counted apart, for each user; signals have four times the room", () => {
  const allowances = new Allowances(readSettings({ RATE_LIMIT_BURST: "2" }).limits, () => 0);
  expect([1, 2].map(() => allowances.takeSend("a"))).toEqual([undefined, undefined]);
  expect(allowances.takeSend("a")).toMatchObject({ code: "rate_limited", retryAfterMs: 200 });
  expect(allowances.takeSend("b")).toBeUndefined();
  expect(Array.from({ length: 8 }, () => allowances.takeSignal("a"))).toEqual(Array(8).fill(undefined));
  expect(allowances.takeSignal("a")).toMatchObject({ code: "rate_limited", retryAfterMs: 50 });
});
