import { setTimeout as wait } from "node:timers/promises";
import { dialects, type Dialect } from "./dialects.ts";
import { residentMiBOf } from "./process-tree.ts";
import { RawSocket } from "./raw-socket.ts";
import type { Subject } from "./subjects.ts";

const atATime = 50;
/** Opened before anything is measured, so that the code is loaded. */
const first = 20;

/**
 * A Markdown table: what an idle socket takes of a server's memory after `sleepMs`, and how quick one pair is beside
 * them. Each server is a new one, since memory that was used before would be used again and not show.
 */
export async function idleSockets(
  starters: readonly (() => Promise<Subject>)[],
  count: number,
  sleepMs: number,
  talkAlone: (subject: Subject) => Promise<number>,
): Promise<string> {
  const lines: string[] = [];
  for (const start of starters) {
    const subject = await start();
    try {
      lines.push(await lineOf(subject, count, sleepMs, talkAlone));
    } finally {
      await subject.end();
    }
  }
  return [
    `| ${count} idle sockets, two in each conversation | memory per socket | ack p50 without them | ack p50 beside them |`,
    "| --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

// Whoever talks uses memory too, so they talk afterwards; the first talk warms up and does not count.
async function lineOf(
  subject: Subject,
  count: number,
  sleepMs: number,
  talkAlone: (subject: Subject) => Promise<number>,
): Promise<string> {
  const sockets = await openIdle(subject, first);
  await wait(sleepMs);
  const before = residentMiBOf(subject.processes);
  sockets.push(...(await openIdle(subject, count)));
  await wait(sleepMs);
  const memory = perSocket(before, residentMiBOf(subject.processes), count);
  await talkAlone(subject);
  const beside = await talkAlone(subject);
  sockets.forEach((socket) => socket.close());
  await wait(sleepMs);
  const alone = await talkAlone(subject);
  return `| ${subject.name} | ${memory} | ${alone.toFixed(2)} ms | ${beside.toFixed(2)} ms |`;
}

function perSocket(beforeMiB: number | undefined, afterMiB: number | undefined, count: number): string {
  return beforeMiB === undefined || afterMiB === undefined
    ? "not measured"
    : `${(((afterMiB - beforeMiB) * 1_048.576) / count).toFixed(1)} kB`;
}

async function openIdle(subject: Subject, count: number): Promise<RawSocket[]> {
  const sockets: RawSocket[] = [];
  while (sockets.length < count) {
    const pairs = await Promise.all(Array.from({ length: atATime / 2 }, () => subject.freshPair()));
    const ends = pairs.flatMap(({ dialect, sender, receiver }) =>
      [sender, receiver].map((end) => ({ dialect: dialects[dialect] as Dialect, end })),
    );
    sockets.push(...(await Promise.all(ends.slice(0, count - sockets.length).map(openOne))));
  }
  return sockets;
}

async function openOne({
  dialect,
  end,
}: {
  dialect: Dialect;
  end: { address: string; headers: Record<string, string> };
}) {
  const { promise: isReady, resolve: ready } = Promise.withResolvers<void>();
  let opened: RawSocket | undefined;
  const socket = await RawSocket.connect(end.address, end.headers, (text) => {
    const reply = dialect.reply?.(text);
    if (reply !== undefined) {
      opened?.send(reply);
    }
    if (dialect.kindOf(text) === "ready") {
      ready();
    }
  });
  opened = socket;
  if (dialect.hello !== undefined) {
    socket.send(dialect.hello);
  }
  await isReady;
  return socket;
}
