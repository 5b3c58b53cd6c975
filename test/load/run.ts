import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout as wait } from "node:timers/promises";
import { cpuSecondsOf, residentMiBOf } from "../bench/process-tree.ts";
import { percentile } from "../bench/statistics.ts";
import type { Planted } from "../proof/planted.ts";
import { ProvenWorker } from "../proof/worker.ts";
import { seededRandom } from "../seeded-random.ts";
import { Crowd, type CrowdFaults } from "./crowd.ts";
import { Tally } from "./tally.ts";

export interface LoadPlan {
  readonly conversations: number;
  /** Local Workers that share them: each takes as many open files as the system allows one process. */
  readonly servers: number;
  /** Things that all people together do in a second. */
  readonly perSecond: number;
  readonly intervals: number;
  readonly intervalMs: number;
  /** How often the rate may double afterwards, to see what gives first. */
  readonly doublings: number;
  readonly seed: number;
  /** How long everybody has in the end to come back and get what they lack. */
  readonly settleWithinMs?: number;
  /** Bugs of the Workers, which the counters must see. */
  readonly planted?: readonly Planted[];
  readonly progress?: (interval: Interval) => void;
}

/** What was seen in one stretch of time; latencies in milliseconds. */
export interface Interval {
  readonly perSecond: number;
  /** What was asked of the server, and what was not since who would have had no connection. */
  readonly done: number;
  readonly leftOut: number;
  readonly messagesPerSecond: number;
  readonly ack: { readonly p50: number; readonly p99: number };
  readonly deliveryP99: number;
  readonly pageP99: number;
  /** What clients were told instead, by its code. */
  readonly refusals: ReadonlyMap<string, number>;
  readonly memoryMiB: number;
  /** Cores that the server used. */
  readonly cores: number;
  /** How late the load generator itself was: latencies hold that too. */
  readonly generatorLateP99: number;
}

export interface LoadOutcome {
  /** Two for each conversation; how many were there after opening, and in the end. */
  readonly expected: number;
  readonly opened: number;
  readonly sockets: number;
  readonly openedInMs: number;
  /** What clients were told while they opened. */
  readonly openingRefusals: ReadonlyMap<string, number>;
  readonly steady: readonly Interval[];
  readonly beyond: readonly Interval[];
  readonly faults: CrowdFaults;
}

/** Clients see a delay from here on. */
export const slowAckMs = 1_000;

/** Opens two sockets for each conversation, lets people do what people do, then more and more until it shows. */
export async function runLoad(plan: LoadPlan): Promise<LoadOutcome> {
  // The limits that a deployment has where its team sets none; lines of steps would be thousands a second.
  const variables = { RATE_LIMIT_PER_SECOND: "5", RATE_LIMIT_BURST: "20", LOG_LINES: "failures" };
  const { planted = [] } = plan;
  const workers: ProvenWorker[] = [];
  const tally = new Tally();
  let crowd: Crowd | undefined;
  try {
    const random = seededRandom(plan.seed);
    for (let nth = 0; nth < plan.servers; nth += 1) {
      const worker = await ProvenWorker.build({ variables, planted });
      workers.push(worker);
      await worker.start();
    }
    const startedAt = performance.now();
    crowd = await Crowd.open(
      plan.conversations,
      workers.map((worker) => ({ url: worker.url, token: (user) => worker.token(user), random, tally })),
    );
    const opening = {
      expected: plan.conversations * 2,
      opened: crowd.sockets,
      openedInMs: performance.now() - startedAt,
      openingRefusals: tally.take().refusals,
    };
    return { ...opening, ...(await talked(plan, crowd, watch(workers, crowd, tally))) };
  } finally {
    crowd?.go();
    await Promise.all(workers.map((worker) => worker.remove()));
  }
}

async function talked(plan: LoadPlan, crowd: Crowd, look: ReturnType<typeof watch>) {
  const steady: Interval[] = [];
  for (let nth = 0; nth < plan.intervals; nth += 1) {
    steady.push(await look(plan.perSecond, plan.intervalMs, plan.progress));
  }
  const beyond: Interval[] = [];
  for (let nth = 1; nth <= plan.doublings && !isOver(beyond.at(-1)); nth += 1) {
    beyond.push(await look(plan.perSecond * 2 ** nth, plan.intervalMs / 2, plan.progress));
  }
  const faults = await crowd.settle(plan.settleWithinMs ?? 60_000);
  return { steady, beyond, faults, sockets: crowd.sockets };
}

/** Whether an interval shows to its clients: late, otherwise, or not at all. */
export function isOver(interval: Interval | undefined): boolean {
  return interval !== undefined && (!(interval.ack.p99 <= slowAckMs) || interval.refusals.size > 0);
}

/** How often clients were told something else than they wished, before the rate was raised. */
export function toldInstead({ openingRefusals, steady }: LoadOutcome): number {
  const counts = [openingRefusals, ...steady.map(({ refusals }) => refusals)].flatMap((one) => [
    ...one.values(),
  ]);
  return counts.reduce((sum, one) => sum + one, 0);
}

/** Whether everybody came, got what they wished for as long as the rate was steady, and has everything in the end. */
export function isSound(outcome: LoadOutcome): boolean {
  const { expected, opened, steady, faults } = outcome;
  return (
    opened === expected &&
    toldInstead(outcome) === 0 &&
    steady.every(({ ack }) => !Number.isNaN(ack.p99)) &&
    Object.values(faults).every((count) => count === 0)
  );
}

/** MiB a minute by which memory grows: least squares over the later half. */
export function memorySlope(intervals: readonly Pick<Interval, "memoryMiB">[], intervalMs: number): number {
  const later = intervals.slice(Math.floor(intervals.length / 2)).map(({ memoryMiB }) => memoryMiB);
  const middle = (later.length - 1) / 2;
  const mean = later.reduce((sum, one) => sum + one, 0) / later.length;
  const rise = later.reduce((sum, one, nth) => sum + (nth - middle) * (one - mean), 0);
  const run = later.reduce((sum, _, nth) => sum + (nth - middle) ** 2, 0);
  return run === 0 ? Number.NaN : rise / run / (intervalMs / 60_000);
}

type Progress = LoadPlan["progress"];

function watch(workers: readonly ProvenWorker[], crowd: Crowd, tally: Tally) {
  const servers = workers.map(({ pid }) => pid);
  const late = monitorEventLoopDelay({ resolution: 5 });
  late.enable();
  return async (perSecond: number, forMs: number, progress: Progress): Promise<Interval> => {
    late.reset();
    const before = { cpu: cpuSecondsOf(servers) ?? 0, sent: crowd.sent, at: performance.now() };
    await crowd.live(perSecond, forMs);
    const seconds = (performance.now() - before.at) / 1_000;
    const { ackMs, deliveryMs, pageMs, refusals, done, leftOut } = tally.take();
    const interval = {
      perSecond,
      done,
      leftOut,
      messagesPerSecond: (crowd.sent - before.sent) / seconds,
      ack: { p50: percentile(ackMs, 0.5), p99: percentile(ackMs, 0.99) },
      deliveryP99: percentile(deliveryMs, 0.99),
      pageP99: percentile(pageMs, 0.99),
      refusals,
      memoryMiB: residentMiBOf(servers) ?? Number.NaN,
      cores: ((cpuSecondsOf(servers) ?? Number.NaN) - before.cpu) / seconds,
      generatorLateP99: lateMs(late),
    };
    progress?.(interval);
    await wait(0);
    return interval;
  };
}

function lateMs(late: ReturnType<typeof monitorEventLoopDelay>): number {
  return late.percentile(99) / 1e6;
}
