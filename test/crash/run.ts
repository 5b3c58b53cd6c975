import { setTimeout as wait } from "node:timers/promises";
import { check } from "../proof/check.ts";
import { allZero, sumOf, type Counters } from "../proof/counters.ts";
import { ProvenConversation } from "../proof/conversation.ts";
import type { Planted } from "../proof/planted.ts";
import { ProvenWorker } from "../proof/worker.ts";
import { seededRandom } from "../seeded-random.ts";

export interface CrashPlan {
  readonly seed: number;
  readonly kills: number;
  /** Conversations are checked, and others begun, after so many kills. */
  readonly killsPerRound: number;
  readonly conversations: number;
  readonly planted?: readonly Planted[];
  /** How long the clients and the archive may need to come to rest. */
  readonly patienceMs: number;
  /** Ends the run before all kills, where a round has shown enough. */
  readonly isEnough?: (counters: Counters) => boolean;
  readonly progress?: (kills: number) => void;
}

export interface CrashOutcome {
  readonly counters: Counters;
  readonly kills: number;
  readonly messages: number;
  /** Pages of history that were read meanwhile. */
  readonly pages: number;
  /** Sends on a live socket that waited for their acknowledgement when the server died, over all kills. */
  readonly inFlight: number;
  readonly findings: readonly string[];
}

const load = { devices: 4, window: 8, pauseMs: 12 };
/** From the first moment of a life on, also while the clients come back. */
const longestLifeMs = 700;
const longestWaitMs = 30_000;
const pollMs = 2;

/** Kills a Worker again and again under load, at moments that the seed picks, and checks what everyone was told. */
export async function runCrash(plan: CrashPlan): Promise<CrashOutcome> {
  const random = seededRandom(plan.seed);
  const worker = await ProvenWorker.build({ planted: plan.planted ?? [] });
  let outcome: CrashOutcome = {
    counters: allZero,
    kills: 0,
    messages: 0,
    pages: 0,
    inFlight: 0,
    findings: [],
  };
  try {
    await worker.start();
    while (outcome.kills < plan.kills && plan.isEnough?.(outcome.counters) !== true) {
      outcome = await round(worker, plan, outcome, random);
    }
    return outcome;
  } finally {
    await worker.remove();
  }
}

async function round(
  worker: ProvenWorker,
  plan: CrashPlan,
  before: CrashOutcome,
  random: () => number,
): Promise<CrashOutcome> {
  const conversations = Array.from(
    { length: plan.conversations },
    () => new ProvenConversation(worker, load),
  );
  conversations.forEach((conversation) => conversation.begin());
  // A conversation that has begun: the first moments of a run are no load yet.
  await wait(300);
  let { kills, inFlight } = before;
  for (let count = 0; count < plan.killsPerRound && kills < plan.kills; count += 1) {
    await wait(random() * longestLifeMs);
    // A busy machine may need longer than a life until anything is said.
    await until(() => count % 2 === 1 || inFlightIn(conversations) > 0);
    inFlight += inFlightIn(conversations);
    await worker.kill();
    await worker.start();
    kills += 1;
    plan.progress?.(kills);
  }
  await until(() => conversations.every(({ ledger }) => ledger.pages > 0));
  const checked = await Promise.all(
    conversations.map(async (conversation) => check(worker, conversation, plan.patienceMs)),
  );
  return {
    counters: checked.reduce((sum, { counters }) => sumOf(sum, counters), before.counters),
    kills,
    messages: checked.reduce((sum, { messages }) => sum + messages, before.messages),
    pages: checked.reduce((sum, { pages }) => sum + pages, before.pages),
    inFlight,
    findings: [...before.findings, ...checked.flatMap(({ findings }) => findings)],
  };
}

function inFlightIn(conversations: readonly ProvenConversation[]): number {
  return conversations.flatMap(({ devices }) => devices).reduce((sum, device) => sum + device.inFlight, 0);
}

/** What never comes to be true shows in the outcome. */
async function until(isTrue: () => boolean): Promise<void> {
  for (const endMs = Date.now() + longestWaitMs; !isTrue() && Date.now() < endMs;) {
    await wait(pollMs);
  }
}
