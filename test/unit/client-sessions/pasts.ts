import { Disk } from "../virtual-worker/disk.ts";
import { VirtualWorker } from "../virtual-worker/virtual-worker.ts";
import { VirtualTime } from "../virtual-worker/virtual-time.ts";

export const user = "alice";
/** Who the user knows or comes to know. Nobody has ever heard of the last one. */
export const peers = ["bob", "carol", "dave"] as const;
/** Newer conversations than those with the others: more than the first page of the list. */
const newerConversations = 51;

/** What the deployment holds before a run. */
export interface Past {
  /** Messages in the conversation with Bob and with Carol. */
  readonly messages: readonly [bob: number, carol: number];
  /** Of Bob's, how many the user has not read. */
  readonly unread: number;
  readonly isBeyondFirstPage: boolean;
}

export const pasts: readonly Past[] = [
  { messages: [0, 0], unread: 0, isBeyondFirstPage: false },
  { messages: [4, 3], unread: 1, isBeyondFirstPage: false },
  { messages: [130, 2], unread: 120, isBeyondFirstPage: false },
  { messages: [4, 3], unread: 2, isBeyondFirstPage: true },
  { messages: [130, 0], unread: 120, isBeyondFirstPage: true },
];

const built = new Map<Past, Disk>();

/** The deployment with that past. Each is made once, by the Worker itself. */
export async function deployedWith(past: Past): Promise<Disk> {
  const known = built.get(past) ?? (await build(past));
  built.set(past, known);
  return known;
}

async function build(past: Past): Promise<Disk> {
  const time = new VirtualTime();
  // A day before the runs, which begin where every clock does.
  time.nowMs -= 86_400_000;
  time.install(1);
  const disk = new Disk();
  const worker = new VirtualWorker(time, liftedLimits, disk);
  try {
    for (const [index, count] of past.messages.entries()) {
      const peer = peers[index] ?? "bob";
      for (let seq = 1; seq <= count; seq += 1) {
        // The user's own come first, so that they lie in the way of pages.
        const isOwn = index === 0 ? seq <= count - past.unread : seq % 2 === 0;
        const [author, other] = isOwn ? [user, peer] : [peer, user];
        await time.until(send(worker, author, other, `past ${peer} ${seq}`));
      }
      await time.pass(5_000);
    }
    for (let index = 0; past.isBeyondFirstPage && index < newerConversations; index += 1) {
      // Most have nothing unread, for which a client would call each of them.
      const filler = `filler${index}`;
      const [author, other] = index % 20 === 0 ? [filler, user] : [user, filler];
      await time.until(send(worker, author, other, `past ${filler}`));
    }
    await time.pass(120_000);
    return disk;
  } finally {
    worker.uninstall();
    time.uninstall();
  }
}

export const liftedLimits = {
  RATE_LIMIT_PER_SECOND: "1000",
  RATE_LIMIT_BURST: "1000",
  NEW_CONVERSATIONS_PER_HOUR: "100000",
};

async function send(worker: VirtualWorker, author: string, peer: string, text: string): Promise<void> {
  const response = await worker.fetch(`/v1/conversations/${peer}/messages`, author, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id: text.replaceAll(" ", "-"), text }),
  });
  if (!response.ok) {
    throw new Error(`the past cannot be made: ${response.status} ${await response.text()}`);
  }
}
