import { expect, test } from "vitest";
import { bundleWorker } from "../proof/bundle.ts";
import { allZero } from "../proof/counters.ts";
import { plantedPairs } from "./planted-bugs.ts";
import { runPlanted } from "./planted-run.ts";
import { runCrash } from "./run.ts";

const seed = 1;

test("[SE2][SE4][SE5][AR1][AR2] a Worker killed again and again under load keeps all it said, once and in one order", async () => {
  const outcome = await runCrash({ seed, kills: 5, killsPerRound: 5, conversations: 3, patienceMs: 60_000 });
  expect({ counters: outcome.counters, findings: outcome.findings }).toEqual({
    counters: allZero,
    findings: [],
  });
  expect(outcome.kills).toBe(5);
  expect(outcome.pages).toBeGreaterThan(0);
  expect(outcome.inFlight).toBeGreaterThan(0);
});

test.for(plantedPairs)("the kills catch a Worker with planted bugs: $0.name, $1.name", async (bugs) => {
  const { counters } = await runPlanted(bugs, seed, 40);
  for (const { caughtBy } of bugs) {
    expect(counters[caughtBy]).toBeGreaterThan(0);
  }
});

test("a bug that finds no place in the source is refused", async () => {
  const planted = [{ file: "conversation/conversation.ts", from: "what nobody wrote", to: "" }];
  await expect(bundleWorker("/dev/null", { planted })).rejects.toThrow("exactly once");
});
