// Fills a Worker's state with what people who have used it for a year left in it, through public surfaces: the import
// commands, sockets and REST.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { npmRun, startWorker, freshPlace, liftedLimits, type Place } from "../../e2e/local-worker.ts";
import * as cast from "./cast.ts";
import { rest, until } from "./rest.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const shortCount = 6;

declare module "vitest" {
  export interface ProvidedContext {
    /** A folder of wrangler's state that has the past, where the project builds it once for all of its files. */
    readonly pastState?: string;
  }
}

/** A place whose state has the past, with the limits that a deployment has by default. No Worker runs there. */
export async function placeWithPast(variables: Readonly<Record<string, string>> = {}): Promise<Place> {
  const state = inject("pastState");
  if (state !== undefined) {
    return freshPlace(variables, state);
  }
  const place = await freshPlace(variables);
  await fillWithPast(place);
  return place;
}

export async function fillWithPast(place: Place): Promise<void> {
  const building = { url: place.url, environment: { ...place.environment, ...liftedLimits } };
  const worker = await startWorker(building);
  try {
    await importPast(place);
    await writeUnread(place);
    await setFlags(place);
  } finally {
    await worker.kill();
  }
}

/** What a conversation of the past says at a number, from 1. */
export function pastText(peer: cast.Member, seq: number): string {
  return `${peer.name.split(" ")[0]} and Alice ${seq}`;
}

export function pastCount(peer: cast.Member): number {
  return peer.id === cast.longstanding.id ? cast.longCount : shortCount;
}

async function importPast(place: Place): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "pairline-past-"));
  try {
    const users = [cast.alice, ...cast.peers].map(({ id, name }) => ({ id, name }));
    await runImport(place, join(folder, "users.jsonl"), users, ["--users"]);
    await runImport(place, join(folder, "messages.jsonl"), cast.peers.flatMap(messagesOf), [
      "--batch",
      "1000",
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The newest is a day old and some hours, the more the further down the list; each before it is as much older. */
function messagesOf(peer: cast.Member, index: number) {
  const count = pastCount(peer);
  const newestMs = Date.now() - dayMs - index * hourMs;
  const stepMs = peer.id === cast.longstanding.id ? 20 * 60_000 : hourMs;
  return Array.from({ length: count }, (_, position) => {
    const seq = position + 1;
    const [sender, receiver] = seq % 2 === 0 ? [cast.alice, peer] : [peer, cast.alice];
    const createdAt = newestMs - (count - seq) * stepMs;
    return {
      sender: sender.id,
      receiver: receiver.id,
      text: pastText(peer, seq),
      createdAt,
      oldId: `${peer.id}-${seq}`,
    };
  });
}

async function runImport(place: Place, path: string, lines: readonly object[], options: readonly string[]) {
  await writeFile(path, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
  const { code, output } = await npmRun(["import", "--", ...options, path], place.environment);
  if (code !== 0) {
    throw new Error(`the past could not be imported:\n${output}`);
  }
}

async function writeUnread(place: Place): Promise<void> {
  for (const author of [cast.alsoChatty, cast.chatty]) {
    for (let number = 1; number <= cast.unreadCount; number += 1) {
      await rest(place, author.id).send(cast.alice.id, `news ${number}`);
    }
  }
}

async function setFlags(place: Place): Promise<void> {
  const own = rest(place, cast.alice.id);
  await own.set(cast.muted.id, { muted: true });
  await own.set(cast.archived.id, { archived: true });
  await own.block(cast.blockedByAlice.id);
  await rest(place, cast.blocksAlice.id).block(cast.alice.id);
  // The list is D1's: it must have all of that before the server is killed.
  await until("in the list", async () => {
    const shown = await own.list();
    const isSet = (id: string, flag: "muted" | "blocked") =>
      shown.find(({ peer }) => peer === id)?.[flag] === true;
    return (
      shown.length === cast.peers.length - 1 &&
      shown[0]?.peer === cast.chatty.id &&
      shown[0].unread === cast.unreadCount &&
      shown[1]?.unread === cast.unreadCount &&
      isSet(cast.muted.id, "muted") &&
      isSet(cast.blockedByAlice.id, "blocked")
    );
  });
}
