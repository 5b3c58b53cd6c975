import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { ProvenDevice } from "../proof/device.ts";
import { Ledger } from "../proof/ledger.ts";
import type { ProvenWorker } from "../proof/worker.ts";
import { setFaults } from "./control.ts";
import { noFaults, type D1Mode } from "./worker/faults.ts";

const warmUp = 50;
const readyPollMs = 20;

/** Acknowledgements of one pair, one message in flight, in milliseconds. */
export interface AckLatency {
  readonly d1: D1Mode;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** The median over that with D1 well. */
  readonly ratio: number;
}

/** Measures the modes in turns, `rounds` times, a pair of its own each time, so that the machine's moods meet all alike. */
export async function ackLatencies(
  worker: ProvenWorker,
  rounds: number,
  sends: number,
): Promise<readonly AckLatency[]> {
  const modes = ["well", "down", "hanging"] as const;
  const samples = { well: [] as number[], down: [] as number[], hanging: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    for (const d1 of round % 2 === 0 ? modes : modes.toReversed()) {
      await setFaults(worker, { ...noFaults, d1 });
      samples[d1].push(...(await measure(worker, sends)));
      await setFaults(worker, noFaults);
    }
  }
  const wellMs = quantile(samples.well, 0.5);
  return modes.map((d1) => {
    const medianMs = quantile(samples[d1], 0.5);
    return { d1, medianMs, p99Ms: quantile(samples[d1], 0.99), ratio: medianMs / wellMs };
  });
}

async function measure(worker: ProvenWorker, sends: number): Promise<number[]> {
  const [user, peer] = [`alice-${randomUUID()}`, `bob-${randomUUID()}`];
  const token = await worker.token(user);
  const device = new ProvenDevice({
    url: worker.url,
    user,
    peer,
    ledger: new Ledger(),
    token: () => Promise.resolve(token),
  });
  const running = device.run();
  while (!device.isReady) {
    await wait(readyPollMs);
  }
  const latencies: number[] = [];
  for (let count = 0; count < warmUp + sends; count += 1) {
    const startedAtMs = performance.now();
    const settled = device.settled();
    device.send(`one at a time: ${count}`);
    await settled;
    latencies.push(performance.now() - startedAtMs);
  }
  device.stop();
  await running;
  return latencies.slice(warmUp);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
}
