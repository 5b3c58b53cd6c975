import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { dialects, type Dialect } from "./dialects.ts";
import { RawSocket } from "./raw-socket.ts";
import type { Subject } from "./subjects.ts";

const atATime = 50;

/** A Markdown table: what an idle socket takes of a server's memory after `sleepMs`, and how quick one pair is beside them. */
export async function idleSockets(
  subjects: readonly Subject[],
  count: number,
  sleepMs: number,
  talkAlone: (subject: Subject) => Promise<number>,
): Promise<string> {
  const lines: string[] = [];
  for (const subject of subjects) {
    const alone = await talkAlone(subject);
    const before = residentKilobytes(subject.processes);
    const sockets = await openIdle(subject, count);
    await wait(sleepMs);
    const after = residentKilobytes(subject.processes);
    const beside = await talkAlone(subject);
    sockets.forEach((socket) => socket.close());
    lines.push(
      `| ${subject.name} | ${((after - before) / count).toFixed(1)} kB | ${alone.toFixed(2)} ms | ${beside.toFixed(2)} ms |`,
    );
  }
  return [
    `| ${count} idle sockets, two in each conversation | memory per socket | ack p50 without them | ack p50 beside them |`,
    "| --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
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

function residentKilobytes(processes: readonly number[]): number {
  return processes
    .map((pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]))
    .reduce((sum, one) => sum + one, 0);
}
