import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { median, percentile } from "../bench/statistics.ts";
import { ProvenDevice } from "../proof/device.ts";
import { Ledger } from "../proof/ledger.ts";
import type { ProvenWorker } from "../proof/worker.ts";
import { setFaults } from "./control.ts";
import { noFaults } from "./worker/faults.ts";

/**
 * D1 answers, or fails, so much later in all modes. An acknowledgement that waits for it takes at least so long, and
 * D1's own work, which is done on the Worker's thread, is as rare with D1 as without it.
 */
const d1LateMs = 250;
/** An acknowledgement that takes longer never comes. */
const longestMs = 5_000;
const readyPollMs = 20;

/** Acknowledgements of one pair, one message in flight, in milliseconds. */
export interface AckLatency {
  readonly d1: LatencyMode;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** The median over that with D1 well. */
  readonly ratio: number;
}

export const latencyModes = ["well", "down", "hanging"] as const;
type LatencyMode = (typeof latencyModes)[number];

export interface LatencyPlan {
  readonly modes: readonly LatencyMode[];
  /** Each measures the modes in turns, a pair of its own each time, so that the machine's moods meet all alike. */
  readonly rounds: number;
  readonly sends: number;
  /** Sends before those that count: at least the first, of which an empty conversation asks D1. */
  readonly warmUp: number;
}

/** Enough to see whether acknowledgements wait for a D1 that answers. */
export const waitingPlan: LatencyPlan = { modes: ["well"], rounds: 1, sends: 1, warmUp: 1 };

export async function ackLatencies(worker: ProvenWorker, plan: LatencyPlan): Promise<readonly AckLatency[]> {
  const { modes } = plan;
  const samples = { well: [] as number[], down: [] as number[], hanging: [] as number[] };
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const d1 of round % 2 === 0 ? modes : modes.toReversed()) {
      await setFaults(worker, { ...noFaults, d1, d1LateMs });
      samples[d1].push(...(await measure(worker, plan)));
      await setFaults(worker, noFaults);
    }
  }
  const wellMs = median(samples.well);
  return modes.map((d1) => {
    const medianMs = median(samples[d1]);
    return { d1, medianMs, p99Ms: percentile(samples[d1], 0.99), ratio: medianMs / wellMs };
  });
}

/** The modes in which acknowledgements come no sooner than D1 could have answered. */
export function waitingForD1(latencies: readonly AckLatency[]): readonly LatencyMode[] {
  return latencies.filter(({ medianMs }) => medianMs >= d1LateMs).map(({ d1 }) => d1);
}

async function measure(worker: ProvenWorker, { sends, warmUp }: LatencyPlan): Promise<readonly number[]> {
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
  const endMs = Date.now() + longestMs;
  while (!device.isReady && Date.now() < endMs) {
    await wait(readyPollMs);
  }
  const latencies: number[] = [];
  while (latencies.length < warmUp + sends && latencies.at(-1) !== Infinity) {
    latencies.push(await timed(device, `one at a time: ${latencies.length}`));
  }
  device.stop();
  await running;
  // One that never came is the last.
  return latencies.slice(Math.min(warmUp, latencies.length - 1));
}

async function timed(device: ProvenDevice, text: string): Promise<number> {
  const startedAtMs = performance.now();
  const settled = device.settled().then(() => performance.now() - startedAtMs);
  device.send(text);
  return Promise.race([settled, wait(longestMs, Infinity, { ref: false })]);
}
