import { setTimeout as wait } from "node:timers/promises";
import { sign } from "hono/utils/jwt/jwt";
import { leewayMs } from "../../src/auth/verify.ts";
import { seededFates } from "../e2e/fault-plan.ts";
import { faultProxy } from "../e2e/fault-proxy.ts";
import { check, type Checked } from "../proof/check.ts";
import { canaries, leaksIn, type Leak } from "../proof/canaries.ts";
import { ProvenConversation } from "../proof/conversation.ts";
import { allZero, sumOf, type Counters } from "../proof/counters.ts";
import type { Planted } from "../proof/planted.ts";
import { ProvenWorker } from "../proof/worker.ts";
import { seededRandom } from "../seeded-random.ts";
import { setFaults } from "./control.ts";
import { explainedBy, sourcesOf, type Phase, type Source } from "./phases.ts";
import type { PlantedBug } from "../crash/planted-bugs.ts";
import type { PlantedFaults } from "./planted-bugs.ts";
import { noFaults, type FaultCounts } from "./worker/faults.ts";

export interface ChaosPlan {
  readonly seed: number;
  readonly conversations: number;
  /** How long the clients and the archive may need to come to rest after a phase. */
  readonly patienceMs: number;
}

export interface PhaseOutcome {
  readonly name: string;
  readonly counters: Counters;
  readonly messages: number;
  /** Pages of history that were read meanwhile. */
  readonly pages: number;
  /** Times that something was wrong. */
  readonly injected: number;
  /** What never went wrong although the phase is there for it. */
  readonly lacking: readonly Source[];
  /** What the log tells of the traffic. */
  readonly leaks: readonly Leak[];
  readonly findings: readonly string[];
}

const noNetworkFaults = { refused: 0, cut: 0, cutMidFrame: 0, silence: 0 };
const stepMs = 250;
const mostTries = 4;
const longestExtraMs = 30_000;
const load = { devices: 4, window: 8, pauseMs: 25 };

export async function startChaosWorker(planted: readonly Planted[] = []): Promise<ProvenWorker> {
  const entry = "test/chaos/worker/index.ts";
  const worker = await ProvenWorker.build({ entry, planted, databases: ["DB", "REPLICA"] });
  await worker.start();
  return worker;
}

/** Lets people talk while something is wrong, ends their talk and then the fault, and checks what everyone was told. */
export async function runPhase(worker: ProvenWorker, phase: Phase, plan: ChaosPlan): Promise<PhaseOutcome> {
  const { name, faults, network, tokenMs, pauseMs = load.pauseMs, quietMs = 300 } = phase;
  const proxy = network && (await faultProxy(worker.url, seededFates(plan.seed, network)));
  const doors = {
    explained: explainedBy(phase),
    ...(proxy !== undefined && { socketUrl: proxy.url }),
    ...(tokenMs !== undefined && { tokenMs, token: (user: string) => shortToken(worker, user, tokenMs) }),
  };
  const conversations = Array.from(
    { length: plan.conversations },
    () => new ProvenConversation(worker, { ...load, pauseMs }, doors),
  );
  conversations.forEach((conversation) => conversation.begin());
  await wait(200);
  const before = await setFaults(worker, { ...noFaults, ...faults });
  const outside = (): Partial<Record<Source, number>> => ({
    ...(proxy?.faults ?? noNetworkFaults),
    ...tokensOf(conversations),
  });
  await passTime(worker, phase, plan.seed, () => lacking(phase, outside()).length > 0);
  // Nobody sends any more, so nothing but the Worker itself can mend what the fault left.
  conversations.forEach((conversation) => conversation.quieten());
  await wait(quietMs);
  const after = await setFaults(worker, noFaults);
  const checked = await Promise.all(conversations.map(async (one) => check(worker, one, plan.patienceMs)));
  await proxy?.close();
  const happened = { ...outside(), ...differencesOf(after, before) };
  return {
    ...togetherOf(checked),
    name,
    injected: sum(Object.values(happened)),
    lacking: lacking(phase, happened),
    leaks: leaksIn(worker),
  };
}

/** Runs the phase of planted bugs, again where a busy machine left it no chance; answers also which bugs their counters never saw. */
export async function runPlanted({ bugs, phase }: PlantedFaults, plan: ChaosPlan) {
  const broken = await startChaosWorker(bugs.flatMap(({ planted }) => planted));
  try {
    let outcome = await runPhase(broken, phase, plan);
    let { counters } = outcome;
    const isUnseen = ({ caughtBy }: PlantedBug) => counters[caughtBy] === 0;
    for (let tries = 1; tries < mostTries && bugs.some(isUnseen); tries += 1) {
      outcome = await runPhase(broken, phase, plan);
      counters = sumOf(counters, outcome.counters);
    }
    return { ...outcome, counters, unseen: bugs.filter(isUnseen).map(({ name }) => name) };
  } finally {
    await broken.remove();
  }
}

function togetherOf(checked: readonly Checked[]) {
  return {
    counters: checked.reduce((total, { counters }) => sumOf(total, counters), allZero),
    messages: sum(checked.map(({ messages }) => messages)),
    pages: sum(checked.map(({ pages }) => pages)),
    findings: checked.flatMap(({ findings }) => findings),
  };
}

/** Passes the phase's time; its clock steps meanwhile. Goes on for a while where it `isLacking` what comes with the frames, not with time. */
async function passTime(
  worker: ProvenWorker,
  phase: Phase,
  seed: number,
  isLacking: () => boolean,
): Promise<void> {
  const { clockStepsMs, faults, seconds } = phase;
  const random = seededRandom(seed);
  const endMs = Date.now() + seconds * 1_000;
  while (Date.now() < endMs || (isLacking() && Date.now() < endMs + longestExtraMs)) {
    await wait(clockStepsMs === undefined ? Math.max(endMs - Date.now(), stepMs) : stepMs);
    if (clockStepsMs !== undefined) {
      const clockOffsetMs = Math.round((2 * random() - 1) * clockStepsMs);
      await setFaults(worker, { ...noFaults, ...faults, clockOffsetMs });
    }
  }
}

/** What never happened of what the phase is there for. */
function lacking(phase: Phase, happened: Partial<Record<Source, number>>): readonly Source[] {
  return sourcesOf(phase).filter((source) => happened[source] === 0);
}

function differencesOf(after: FaultCounts, before: FaultCounts): FaultCounts {
  return {
    d1: after.d1 - before.d1,
    inbox: after.inbox - before.inbox,
    clock: after.clock - before.clock,
  };
}

function tokensOf(conversations: readonly ProvenConversation[]) {
  const devices = conversations.flatMap((conversation) => conversation.devices);
  return {
    expired: sum(devices.map(({ expiries }) => expiries)),
    renewed: sum(devices.map(({ renewals }) => renewals)),
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** A token that the Worker takes for so long: the leeway counts. */
function shortToken(worker: ProvenWorker, user: string, lifeMs: number): Promise<string> {
  const nowSeconds = Date.now() / 1_000;
  const exp = nowSeconds + (lifeMs - leewayMs) / 1_000;
  return sign(
    { sub: user, name: canaries.name, iat: Math.floor(nowSeconds) - 60, exp },
    worker.secret,
    "HS256",
  );
}
