import { setTimeout as wait } from "node:timers/promises";
import { sign } from "hono/utils/jwt/jwt";
import { leewayMs } from "../../src/auth/verify.ts";
import { seededFates } from "../e2e/fault-plan.ts";
import { faultNames, faultProxy, type FaultProxy } from "../e2e/fault-proxy.ts";
import { check, type Checked } from "../proof/check.ts";
import { canaries, leaksIn, type Leak } from "../proof/canaries.ts";
import { ProvenConversation } from "../proof/conversation.ts";
import { allZero, sumOf, type Counters } from "../proof/counters.ts";
import type { Planted } from "../proof/planted.ts";
import { ProvenWorker } from "../proof/worker.ts";
import { seededRandom } from "../seeded-random.ts";
import { setFaults } from "./control.ts";
import type { Phase } from "./phases.ts";
import { noFaults } from "./worker/faults.ts";

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
  /** Times that something was wrong: a proof that the phase was one. */
  readonly injected: number;
  /** What the log tells of the traffic. */
  readonly leaks: readonly Leak[];
  readonly findings: readonly string[];
}

const clockStepMs = 250;
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
    ...(proxy !== undefined && { socketUrl: proxy.url }),
    ...(tokenMs !== undefined && {
      token: (user: string) => shortToken(worker, user, tokenMs),
      renewMs: tokenMs / 2,
    }),
  };
  const conversations = Array.from(
    { length: plan.conversations },
    () => new ProvenConversation(worker, { ...load, pauseMs }, doors),
  );
  conversations.forEach((conversation) => conversation.begin());
  await wait(200);
  await setFaults(worker, { ...noFaults, ...faults });
  const steps = await stepClock(worker, phase, plan.seed);
  // Nobody sends any more, so nothing but the Worker itself can mend what the fault left.
  conversations.forEach((conversation) => conversation.quieten());
  await wait(quietMs);
  const injected = steps + (await setFaults(worker, noFaults));
  const checked = await Promise.all(conversations.map(async (one) => check(worker, one, plan.patienceMs)));
  await proxy?.close();
  return {
    ...togetherOf(checked),
    name,
    injected: injected + faultsOf(proxy) + reconnectionsOf(conversations, tokenMs),
    leaks: leaksIn(worker),
  };
}

function togetherOf(checked: readonly Checked[]) {
  return {
    counters: checked.reduce((sum, { counters }) => sumOf(sum, counters), allZero),
    messages: checked.reduce((sum, { messages }) => sum + messages, 0),
    findings: checked.flatMap(({ findings }) => findings),
  };
}

/** Passes the phase's time; answers how often the clock stepped and something was asked of it. */
async function stepClock(worker: ProvenWorker, phase: Phase, seed: number): Promise<number> {
  const random = seededRandom(seed);
  const endMs = Date.now() + phase.seconds * 1_000;
  let injected = 0;
  while (Date.now() < endMs) {
    const { clockStepsMs, faults } = phase;
    await wait(clockStepsMs === undefined ? endMs - Date.now() : clockStepMs);
    if (clockStepsMs !== undefined) {
      const clockOffsetMs = Math.round((2 * random() - 1) * clockStepsMs);
      injected += await setFaults(worker, { ...noFaults, ...faults, clockOffsetMs });
    }
  }
  return injected;
}

function faultsOf(proxy: FaultProxy | undefined): number {
  return faultNames.reduce((sum, name) => sum + (proxy?.faults[name] ?? 0), 0);
}

/** How often a device had to come back because its token was over. */
function reconnectionsOf(conversations: readonly ProvenConversation[], tokenMs: number | undefined): number {
  const devices = conversations.flatMap((conversation) => conversation.devices);
  return tokenMs === undefined ? 0 : devices.reduce((sum, { expiries }) => sum + expiries, 0);
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
