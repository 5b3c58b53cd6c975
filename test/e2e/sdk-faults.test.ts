import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { ProvenWorker } from "../proof/worker.ts";
import type { FaultRates } from "./fault-plan.ts";
import { faultNames } from "./fault-proxy.ts";
import { runWithFaults, type Outcome } from "./sdk-run.ts";

// A hundred and more: CONTRIBUTING.md.
const runs = Number(process.env["SDK_RUNS"] ?? 50);
const firstSeed = Number(process.env["SDK_SEED"] ?? 1);
const messages = 200;
/** A Worker has one thread. */
const workers = 2;
/** Runs at the same time on each. */
const width = 6;
const timing = { backOffBaseMs: 50, backOffCapMs: 400, heartbeatMs: 300, answerMs: 1_500 };
const rates: FaultRates = {
  refused: 0.1,
  spoiltRequests: 0.2,
  dropped: 0.02,
  duplicated: 0.02,
  delayed: 0.02,
  longestDelayMs: 30,
  mostFrames: 500,
};

const started: ProvenWorker[] = [];

beforeAll(async () => {
  for (let count = 0; count < workers; count += 1) {
    const worker = await ProvenWorker.build({ variables: { LOG_LINES: "failures" } });
    started.push(worker);
    await worker.start();
  }
});

afterAll(async () => {
  await Promise.all(started.map((worker) => worker.remove()));
});

test(
  `[CL4][CL5][CL7][CL16][CL17][CL22] ${runs} runs of ${messages} messages each way through every fault are complete, ordered, once`,
  { timeout: 120_000 + runs * 10_000 },
  async ({ annotate }) => {
    const seeds = Array.from({ length: runs }, (_, index) => firstSeed + index);
    const outcomes: Outcome[] = [];
    const failures: string[] = [];
    const lane = async (worker: ProvenWorker) => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const isSingle = seed % 4 === 0;
        const options = { seed, messages, rates, timing, stallMs: 15_000, isSingle };
        const outcome = await runWithFaults(createClient, worker, options);
        outcomes.push(outcome);
        failures.push(...outcome.violations.map((what) => `SDK_SEED=${seed} SDK_RUNS=1: ${what}`));
      }
    };
    await Promise.all(started.flatMap((worker) => Array.from({ length: width }, () => lane(worker))));
    expect(failures).toEqual([]);
    expect(outcomes.length).toBe(runs);
    const injected = faultNames.map((name) => outcomes.reduce((sum, { faults }) => sum + faults[name], 0));
    await annotate(faultNames.map((name, index) => `${name}: ${injected[index]}`).join(", "));
    expect(Math.min(...injected)).toBeGreaterThan(0);
  },
);
