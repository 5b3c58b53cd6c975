import * as fc from "fast-check";
import { expect, test } from "vitest";
import { residentMiBOf } from "../bench/process-tree.ts";
import { memoryGrowth } from "./memory.ts";
import { plantedTogether } from "./planted-bugs.ts";
import { runFuzz } from "./run.ts";
import { Supply } from "./seeds.ts";

test("[ER1][SO5][AD4] twenty thousand frames that are nearly right, and requests and tokens beside them, find nothing", async () => {
  const { findings, settled, memoryMiB } = await runFuzz({ seed: 7, frames: 20_000 });
  expect(findings).toEqual([]);
  expect(settled).toBeGreaterThanOrEqual(20_000);
  expect(memoryMiB).toHaveLength(10);
});

test.each(plantedTogether.map((planted) => ({ planted, bugs: planted.map(({ bug }) => bug).join(", ") })))(
  "it finds $bugs",
  async ({ planted }) => {
    const { findings } = await runFuzz({ seed: 7, frames: 1_200, planted });
    const seen = planted.filter(({ finds }) => findings.some((finding) => finding.includes(finds)));
    // Nothing says how much memory processes hold where there is no /proc.
    const expected = planted.filter(
      ({ finds }) => finds !== "memory is not flat" || residentMiBOf([process.pid]) !== undefined,
    );
    expect(seen.map(({ bug }) => bug)).toEqual(expected.map(({ bug }) => bug));
  },
);

test.each([
  { readings: [300, 400, 450, 500], isLeak: false },
  { readings: [300, 400, 900, 584], isLeak: false },
  { readings: [300, 400, 450, 585], isLeak: true },
])("memory of $readings MiB is a leak: $isLeak", ({ readings, isLeak }) => {
  expect(memoryGrowth(readings)?.isLeak).toBe(isLeak);
});

test("memory that cannot be read is not judged", () => {
  expect(memoryGrowth([undefined, undefined, undefined])).toBeUndefined();
});

const given = (seed: number, purpose: string) => new Supply(fc.uuid(), seed, purpose).takeMany(500);

test("a seed repeats what it gave; the next seed and another purpose give nothing of it", () => {
  const first = given(7, "inbox");
  expect(given(7, "inbox")).toEqual(first);
  const others = new Set([...given(8, "inbox"), ...given(7, "conversation")]);
  expect(first.filter((one) => others.has(one))).toEqual([]);
});
