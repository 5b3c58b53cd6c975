// `npm run bench`: Pairline's built bundle against bare relays, on the local runtime without the dev proxy.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Job, Measured } from "./load.ts";
import { cpuSecondsOf } from "./process-tree.ts";
import { reportOf, type Run, type Scenario } from "./report.ts";
import { idleSockets } from "./idle-sockets.ts";
import { restOfPairline } from "./pairline-only.ts";
import { percentile } from "./statistics.ts";
import { startSubjects, type Subject } from "./subjects.ts";

// The trace collector costs more than a relay.
process.env["X_LOCAL_OBSERVABILITY"] = "false";

// `SCALE=0.1` is for trying the bench out: it sleeps and warms up nowhere, and its figures say little.
const scale = Number(process.env["SCALE"] ?? 1);
const isTrial = scale < 1;
const share = (count: number): number => Math.max(1, Math.round(count * scale));
const scenarios: Scenario[] = [
  { name: "one pair, window 1", pairs: 1, window: 1, messagesPerPair: share(1_000) },
  { name: "one pair, window 64", pairs: 1, window: 64, messagesPerPair: share(20_000) },
  { name: "fifty pairs, window 4", pairs: 50, window: 4, messagesPerPair: share(200) },
];
// The runtime lets an object hibernate ten seconds after its last event.
const hibernatingMs = 12_000;
if (!isTrial) {
  scenarios.push({
    name: "first message after hibernation",
    pairs: 10,
    window: 1,
    messagesPerPair: 1,
    sleepMs: hibernatingMs,
  });
}
const rounds = Number(process.env["ROUNDS"] ?? 3);
const answerWithinMs = 150_000;

const subjects = await startSubjects();
const load = fork(join(import.meta.dirname, "load.ts"));
try {
  const runs = await measureAll();
  console.log(
    reportOf(
      subjects.all.map(({ name }) => name),
      scenarios,
      runs,
      rounds,
    ),
  );
  console.log(`\n${await restOfPairline(subjects.pairline, share)}`);
  console.log(`\n${await idleSockets(subjects.all, share(2_000), isTrial ? 0 : hibernatingMs, talkAlone)}`);
} finally {
  load.disconnect();
  await subjects.end();
}

// Subjects take turns within a round, so that whatever else the machine does falls on all of them. The first round
// warms up and does not count.
async function measureAll(): Promise<Run[]> {
  const runs: Run[] = [];
  for (let round = isTrial ? 1 : 0; round <= rounds; round += 1) {
    for (const scenario of scenarios) {
      for (const subject of round % 2 === 0 ? subjects.all : subjects.all.toReversed()) {
        const run = await measure(subject, scenario);
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

async function measure(subject: Subject, scenario: Scenario): Promise<Run> {
  const { pairs: count, window, messagesPerPair, sleepMs } = scenario;
  const pairs = await Promise.all(Array.from({ length: count }, () => subject.freshPair()));
  const servers = subject.processes;
  const before = cpuSecondsOf(servers);
  const measured = await ask(load, { pairs, window, messagesPerPair, sleepMs });
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
  };
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
