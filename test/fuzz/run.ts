import { residentMiBOf } from "../bench/process-tree.ts";
import { leaksIn } from "../proof/canaries.ts";
import type { Planted } from "../proof/planted.ts";
import { ProvenWorker } from "../proof/worker.ts";
import { judgeFor } from "./answers.ts";
import { fetched } from "./fetched.ts";
import { Lane } from "./lanes.ts";
import { memoryGrowth, type MemoryReadings } from "./memory.ts";
import { deadSids, endedSession } from "./requests.ts";
import type { Attacked } from "./sockets.ts";
import { Watch } from "./watch.ts";

export interface FuzzPlan {
  readonly seed: number;
  /** Frames that the server must have taken in all, over the four kinds of lines. */
  readonly frames: number;
  readonly progress?: (settled: number) => void;
  /** Bugs to find. */
  readonly planted?: readonly Planted[];
}

type Total = { -readonly [Count in keyof Attacked]: number } & { requests: number };

/** Each closed session is followed by a new one, of the same few users, more often than the server allows. */
const manyConnects: Planted = {
  file: "protocol/limits.ts",
  from: "maxConnectsPerUser: 60,",
  to: "maxConnectsPerUser: 1_000_000,",
};

export interface FuzzOutcome extends Readonly<Total> {
  readonly findings: readonly string[];
  /** Of the Worker's processes. */
  readonly memoryMiB: MemoryReadings;
}

/** Lines that a Worker logs where something went wrong in it, and what the runtime says of an exception that nobody caught. */
const failures =
  /uncaught|request_failed|frame_failed|session_call_failed|conversation_call_failed|object_abandoned|commit_failed|write_failed|alarm_failed|Exceeded|RangeError|TypeError/i;

const parts = 10;

/** Throws frames, packets, requests and tokens at a Worker, of which most are nearly right, and looks at all that comes back. */
export async function runFuzz({ seed, frames, progress, planted = [] }: FuzzPlan): Promise<FuzzOutcome> {
  const worker = await ProvenWorker.build({ planted: [manyConnects, ...planted] });
  await worker.start();
  try {
    const { lanes, watch } = await world(worker, seed);
    const total = { sent: 0, settled: 0, answers: 0, closes: 0, requests: 0 };
    const memoryMiB: (number | undefined)[] = [];
    for (let part = 0; part < parts; part += 1) {
      await Promise.all(lanes.map((lane) => throwAll(lane, frames / parts / lanes.length, total)));
      memoryMiB.push(residentMiBOf([worker.pid]));
      progress?.(total.settled);
    }
    await lookAtTheEnd(worker, watch, memoryMiB);
    return { ...total, findings: watch.findings, memoryMiB };
  } finally {
    await worker.remove();
  }
}

/** Users who talk at the same time: while one waits for an answer, the Worker is busy with another. */
const users = ["alice", "anna", "amir"];
const peer = "bob";

async function world(worker: ProvenWorker, seed: number) {
  const passerBy = await worker.token("carol");
  const tokens = await Promise.all(users.map((user) => worker.token(user)));
  const watch = new Watch(worker, [passerBy, ...tokens]);
  const sids = deadSids(await endedSession(worker.url));
  const target = { worker, watch, judge: judgeFor(watch), sids };
  const lanes = [];
  for (const [index, you] of tokens.entries()) {
    await warmUp(worker, you);
    lanes.push(new Lane(target, { you, passerBy }, { you: users[index] ?? "", peer }, seed));
  }
  return { lanes, watch };
}

/** Messages to be changed and quoted. */
async function warmUp({ url }: ProvenWorker, token: string): Promise<void> {
  for (const text of ["one", "two", "three"]) {
    await fetched(`${url}/v1/conversations/${peer}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ id: `warm-${text}`, text }),
    });
  }
}

async function throwAll(lane: Lane, frames: number, total: Total): Promise<void> {
  const [requests, outcomes] = await Promise.all([lane.ask(frames), lane.attack(frames)]);
  total.requests += requests;
  for (const { sent, settled, answers, closes } of outcomes) {
    total.sent += sent;
    total.settled += settled;
    total.answers += answers;
    total.closes += closes;
  }
}

async function lookAtTheEnd(worker: ProvenWorker, watch: Watch, memoryMiB: MemoryReadings): Promise<void> {
  const { ok } = await fetched(`${worker.url}/health`);
  if (!ok) {
    watch.found("it is not healthy afterwards");
  }
  const memory = memoryGrowth(memoryMiB);
  if (memory?.isLeak === true) {
    watch.found(`memory is not flat: ${memory.text}`);
  }
  for (const line of worker.log) {
    watch.heard("the log", line);
    for (const leak of leaksIn(worker, [line])) {
      watch.found(`the log has a ${leak}: ${line.slice(0, 200)}`);
    }
    if (failures.test(line)) {
      watch.found(`logged: ${line.slice(0, 200)}`);
    }
  }
}
