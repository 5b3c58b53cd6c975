import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/client/client.ts";
import type { FaultRates } from "./fault-plan.ts";
import { faultNames } from "./fault-proxy.ts";
import { freshPlace, liftedLimits, startWorker, type LocalWorker, type Place } from "./local-worker.ts";
import { runWithFaults, type Outcome } from "./sdk-run.ts";

const runs = Number(process.env["SDK_RUNS"] ?? 100);
const firstSeed = Number(process.env["SDK_SEED"] ?? 1);
const messages = 200;
/** Runs at the same time. */
const width = 10;
const timing = { backOffBaseMs: 50, backOffCapMs: 400, heartbeatMs: 300, answerMs: 1_000 };
const rates: FaultRates = {
  refused: 0.1,
  spoiltRequests: 0.2,
  dropped: Number(process.env["DROP"] ?? 0.02),
  duplicated: 0.02,
  delayed: 0.02,
  longestDelayMs: 30,
  mostFrames: 500,
};

let place: Place;
let worker: LocalWorker;

beforeAll(async () => {
  place = await freshPlace(liftedLimits);
  worker = await startWorker(place);
});

afterAll(async () => {
  await worker.kill();
  await place.remove();
});

test(`[SDK] ${runs} runs of ${messages} messages each way through every fault are complete, ordered, once`, async () => {
  const seeds = Array.from({ length: runs }, (_, index) => firstSeed + index);
  const outcomes: Outcome[] = [];
  const failures: string[] = [];
  const lane = async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const started = Date.now();
      const outcome = await runWithFaults(createClient, place, {
        seed,
        messages,
        rates,
        timing,
        stallMs: 10_000,
        isSingle: process.env["SINGLE"] === "1",
      });
      outcomes.push(outcome);
      console.log(seed, Date.now() - started, JSON.stringify(outcome.faults));
      failures.push(...outcome.violations.map((violation) => `SDK_SEED=${seed} SDK_RUNS=1: ${violation}`));
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  expect(failures).toEqual([]);
  expect(outcomes.length).toBe(runs);
  const injected = faultNames.map((name) => outcomes.reduce((sum, { faults }) => sum + faults[name], 0));
  console.log(faultNames.map((n, i) => `${n} ${injected[i]}`).join(", "));
  expect(Math.min(...injected)).toBeGreaterThan(0);
});
