// `npm run bench`: Pairline's built bundle against bare relays, on the local runtime without the dev proxy.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { argumentsOfProcess } from "../../src/commands/arguments.ts";
import type { Job, Measured } from "./load.ts";
import { cpuSecondsOf } from "./process-tree.ts";
import { reportOf, type Run, type Scenario } from "./report.ts";
import { idleSockets } from "./idle-sockets.ts";
import { pageTextLine } from "./page-text.ts";
import { restOfPairline } from "./pairline-only.ts";
import { percentile } from "./statistics.ts";
import { startSubjects, type Starts, type Subject } from "./subjects.ts";

argumentsOfProcess({
  usage: `Usage: npm run bench

Measures Pairline against bare relays. It takes no options; the environment sets:
  ROUNDS=3     how often each is measured
  SCALE=0.1    a trial with a tenth of the messages: its figures say little`,
  options: {},
});

// The trace collector costs more than a relay.
process.env["X_LOCAL_OBSERVABILITY"] = "false";

// `SCALE=0.1` is for trying the bench out: it sleeps and warms up nowhere, and its figures say little.
const scale = Number(process.env["SCALE"] ?? 1);
const isTrial = scale < 1;
const share = (count: number): number => Math.max(1, Math.round(count * scale));
// The runtime lets an object hibernate ten seconds after its last event.
const hibernatingMs = isTrial ? 0 : 12_000;
// What passes between the load generator's clock and this one.
const clockSlackMs = 500;
const scenarios: readonly Scenario[] = [
  { name: "one pair, window 1", pairs: 1, window: 1, messagesPerPair: share(1_000) },
  { name: "one pair, window 64", pairs: 1, window: 64, messagesPerPair: share(20_000) },
  { name: "fifty pairs, window 4", pairs: 50, window: 4, messagesPerPair: share(200) },
  {
    name: "first message after hibernation",
    pairs: isTrial ? 1 : 10,
    window: 1,
    messagesPerPair: 1,
    sleepMs: hibernatingMs,
  },
];
const rounds = Number(process.env["ROUNDS"] ?? 3);
const answerWithinMs = 150_000;

const subjects = await startSubjects();
const load = fork(join(import.meta.dirname, "load.ts"));
const running = new Set(subjects.all);
try {
  running.forEach((subject) => signal(subject, "SIGSTOP"));
  const runs = await measureAll();
  const names = subjects.all.map(({ name }) => name);
  console.log(reportOf(names, scenarios, runs, rounds));
  process.exitCode = runs.some(({ failure }) => failure !== undefined) ? 1 : 0;
  const { pairline } = subjects;
  console.log(`\n${await inTurn(pairline.subject, () => restOfPairline(pairline, share))}`);
  console.log(`\n${pageTextLine()}`);
  if (!isTrial) {
    await endAll();
  }
  const starters = isTrial ? subjects.all.map((one) => () => goneOver(one)) : subjects.starters;
  console.log(`\n${await idleSockets(starters, share(2_000), hibernatingMs, talkAlone)}`);
} finally {
  load.disconnect();
  await endAll();
  subjects.remove();
}

async function endAll(): Promise<void> {
  for (const subject of running) {
    await (await goneOver(subject)).end();
  }
}

/** One that goes on, for somebody else to end. */
function goneOver(subject: Subject): Promise<Subject> {
  running.delete(subject);
  signal(subject, "SIGCONT");
  return Promise.resolve(subject);
}

// Subjects take turns within a round, so that whatever else the machine does falls on all of them. The first round
// warms up and does not count.
async function measureAll(): Promise<Run[]> {
  const runs: Run[] = [];
  for (let round = isTrial ? 1 : 0; round <= rounds; round += 1) {
    for (const scenario of scenarios) {
      const taking = subjects.all.filter((subject) => takesPart(subject, scenario));
      for (const subject of round % 2 === 0 ? taking : taking.toReversed()) {
        const run = await inTurn(subject, () => measure(subject, scenario));
        console.error(
          `round ${round} of ${rounds}, ${scenario.name}, ${subject.name}: ${Math.round(run.messagesPerSecond)} messages/s`,
        );
        if (round > 0) {
          runs.push(run);
        }
      }
    }
  }
  return runs;
}

// A trial has no time for fifty pairs of a subject that is the same Worker as another.
function takesPart({ staysAwake = false }: Subject, { sleepMs, pairs }: Scenario): boolean {
  return !(staysAwake && (sleepMs !== undefined || (isTrial && pairs > 1)));
}

// The others stand still: one whose D1 is away tries again for minutes, and would take the cores from whoever is next.
async function inTurn<Answer>(subject: Subject, work: () => Promise<Answer>): Promise<Answer> {
  signal(subject, "SIGCONT");
  try {
    if (!isTrial) {
      await cpuAtRest(subject.processes);
    }
    return await work();
  } finally {
    signal(subject, "SIGSTOP");
  }
}

function signal({ processes }: Subject, name: "SIGCONT" | "SIGSTOP"): void {
  for (const pid of processes) {
    try {
      process.kill(pid, name);
    } catch {
      // It died, which whoever speaks to it will say.
    }
  }
}

async function measure(subject: Subject, scenario: Scenario): Promise<Run> {
  const { pairs: count, window, messagesPerPair, sleepMs } = scenario;
  const pairs = await Promise.all(Array.from({ length: count }, () => subject.freshPair()));
  const servers = subject.processes;
  const earlier = await subject.starts?.();
  const before = cpuSecondsOf(servers);
  const measured = await ask(load, { pairs, window, messagesPerPair, sleepMs });
  const startedAtMs = Date.now() - measured.elapsedMs - clockSlackMs;
  const after = await cpuAtRest(servers);
  const messages = count * messagesPerPair;
  if (measured.ackMs.length !== messages || measured.deliveryMs.length !== messages) {
    throw new Error(
      `${subject.name}, ${scenario.name}: ${measured.deliveryMs.length} of ${messages} arrived`,
    );
  }
  return {
    subject: subject.name,
    scenario: scenario.name,
    messagesPerSecond: messages / (measured.elapsedMs / 1_000),
    ackMs: measured.ackMs,
    deliveryMs: measured.deliveryMs,
    pairMs: measured.pairMs,
    cpuSecondsPer10000:
      before === undefined || after === undefined ? undefined : ((after - before) / messages) * 10_000,
    clientLoad: measured.clientCpuMs / measured.elapsedMs,
    failure:
      sleepMs === undefined ? undefined : sleepFailure(earlier, await subject.starts?.(), startedAtMs, count),
  };
}

/** What is wrong where not every new object slept until its message came. In a trial nobody has the time to sleep. */
function sleepFailure(
  earlier: ReadonlyMap<string, Starts> = new Map(),
  later: ReadonlyMap<string, Starts> | undefined,
  sinceMs: number,
  count: number,
): string | undefined {
  if (later === undefined) {
    return undefined;
  }
  const isWoken = (id: string, starts: Starts) =>
    !earlier.has(id) && starts.count > 1 && starts.lastAtMs >= sinceMs;
  const woken = [...later].filter(([id, starts]) => isWoken(id, starts)).length;
  return woken === (isTrial ? 0 : count)
    ? undefined
    : `${woken} of ${count} objects slept before their message`;
}

/** The median of the acks of one pair that talks alone. */
async function talkAlone(subject: Subject): Promise<number> {
  const job = { pairs: [await subject.freshPair()], window: 1, messagesPerPair: share(500) };
  return percentile((await ask(load, job)).ackMs, 0.5);
}

async function ask(child: ChildProcess, job: Job): Promise<Measured> {
  child.send(job);
  const timeout = AbortSignal.timeout(answerWithinMs);
  const [answer] = (await once(child, "message", { signal: timeout })) as [
    { measured?: Measured; failed?: string },
  ];
  if (answer.measured === undefined) {
    throw new Error(`the load generator failed: ${answer.failed ?? "no reason"}`);
  }
  return answer.measured;
}

/** Waits until the servers have nothing left to do, such as an archive to bring up to date. */
async function cpuAtRest(servers: readonly number[]): Promise<number | undefined> {
  let last = cpuSecondsOf(servers);
  for (let tries = 0; tries < 100; tries += 1) {
    await wait(200);
    const now = cpuSecondsOf(servers);
    if (now === last) {
      break;
    }
    last = now;
  }
  return last;
}
