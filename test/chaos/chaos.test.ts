import { afterAll, beforeAll, expect, test } from "vitest";
import { allZero } from "../proof/counters.ts";
import { leaksIn } from "../proof/canaries.ts";
import { strangeLines, writtenLines } from "../proof/log-lines.ts";
import type { ProvenWorker } from "../proof/worker.ts";
import { ackLatencies, latencyModes, waitingForD1, waitingPlan } from "./latency.ts";
import { control, phasesFor } from "./phases.ts";
import { ackAwaitsArchive, plantedFaults } from "./planted-bugs.ts";
import { plantedLeaks } from "./planted-leaks.ts";
import { runPhase, runPlanted, startChaosWorker } from "./run.ts";

const plan = { seed: 1, conversations: 2, patienceMs: 60_000 };

let worker: ProvenWorker;

beforeAll(async () => {
  worker = await startChaosWorker();
});

afterAll(async () => {
  await worker.remove();
});

test("[SE2][SE4] the faulty Worker with nothing wrong is one that holds", async () => {
  expect(await runPhase(worker, control(1), plan)).toMatchObject({
    counters: allZero,
    injected: 0,
    findings: [],
  });
});

test.each(phasesFor(1, 2))(
  "[SE2][SE4][SE5][AR2] nothing is lost, doubled or told in another order: $name",
  async (phase) => {
    const { counters, findings, leaks, lacking, pages } = await runPhase(worker, phase, plan);
    const held = { counters: allZero, findings: [], leaks: [], lacking: [] };
    expect({ counters, findings, leaks, lacking }).toEqual(held);
    expect(pages).toBeGreaterThan(0);
  },
);

test("[SE2][AR1] acknowledgements wait for no D1, be it well, down or hanging", async () => {
  const latencies = await ackLatencies(worker, { modes: latencyModes, rounds: 1, sends: 20, warmUp: 20 });
  expect(latencies.every(({ medianMs }) => medianMs > 0)).toBe(true);
  expect(waitingForD1(latencies)).toEqual([]);
});

test("the latencies show a Worker whose acknowledgements wait for D1", async () => {
  const broken = await startChaosWorker(ackAwaitsArchive);
  const latencies = await ackLatencies(broken, waitingPlan);
  await broken.remove();
  expect(waitingForD1(latencies)).toEqual(["well"]);
});

test.each(plantedFaults)("the faults catch each bug of a Worker: $phase.name", async (faults) => {
  const { unseen } = await runPlanted(faults, { ...plan, patienceMs: 2_000 });
  expect(unseen).toEqual([]);
});

test("[OP3][OP4] the log of all that has lines of the list alone, and tells nothing of the traffic", () => {
  const events = new Set(writtenLines(worker.log).map(({ event }) => event));
  const steps = ["object_woken", "socket_opened", "socket_closed"];
  const failures = ["archive_flush_failed", "archive_recovered", "inbox_delivery_failed", "request_failed"];
  expect([...steps, ...failures].filter((event) => !events.has(event))).toEqual([]);
  expect(strangeLines(worker.log)).toEqual([]);
  expect(leaksIn(worker)).toEqual([]);
});

test("[OP4] a text, a name, an address, a token or a key in the log is found", async () => {
  const talkative = await startChaosWorker(plantedLeaks);
  const { leaks } = await runPhase(talkative, control(0.3), plan);
  await talkative.remove();
  expect(new Set(leaks)).toEqual(new Set(["text", "name", "address", "token", "key"]));
});
