import { expect, test } from "vitest";
import type { TestCase, TestModule } from "vitest/node";
import HangReporter from "../support/hang-reporter.ts";

const moduleOf = (id: string) => ({ id, relativeModuleId: `test/${id}.test.ts` }) as TestModule;
const testOf = (module: TestModule, fullName: string) => ({ module, fullName }) as TestCase;

test("a run in which one file reports nothing for 290 s ends with the name of its test, though others go on", () => {
  const ended: string[] = [];
  let nowMs = 0;
  const reporter = new HangReporter({ exit: (message) => ended.push(message), now: () => nowMs });
  const [hanging, busy] = [moduleOf("hanging"), moduleOf("busy")];
  reporter.onTestModuleStart(hanging);
  reporter.onTestModuleStart(busy);
  reporter.onTestCaseReady(testOf(hanging, "waits forever"));
  for (const atMs of [200_000, 290_000, 290_001]) {
    nowMs = atMs;
    reporter.onTestCaseReady(testOf(busy, `a test at ${atMs}`));
    reporter.check();
    expect(ended).toHaveLength(atMs > 290_000 ? 1 : 0);
  }
  expect(ended[0]).toContain("test/hanging.test.ts > waits forever");
  expect(ended[0]).not.toContain("busy");
});

test("a file that has ended does not hang", () => {
  const ended: string[] = [];
  let nowMs = 0;
  const reporter = new HangReporter({ exit: (message) => ended.push(message), now: () => nowMs });
  const file = moduleOf("short");
  reporter.onTestModuleStart(file);
  reporter.onTestCaseReady(testOf(file, "passes"));
  reporter.onTestCaseResult(testOf(file, "passes"));
  reporter.onTestModuleEnd(file);
  nowMs = 1_000_000;
  reporter.check();
  expect(ended).toEqual([]);
});

test("a run in which nothing happens for 290 s before a file has started ends with the name of the file", () => {
  const ended: string[] = [];
  let nowMs = 0;
  const reporter = new HangReporter({ exit: (message) => ended.push(message), now: () => nowMs });
  reporter.onTestModuleQueued(moduleOf("importing"));
  nowMs = 290_000;
  reporter.check();
  expect(ended).toEqual([]);
  nowMs = 290_001;
  reporter.check();
  expect(ended[0]).toContain("test/importing.test.ts");
});
