import { expect } from "vitest";
import type { Message } from "../../src/protocol/message.ts";
import type { Users } from "./by-hand.ts";
import { connect, env } from "./clients.ts";
import { connectInbox } from "./inbox-client.ts";
import { getPage } from "./pages.ts";
import { archived } from "./stored.ts";

/** Devices of both users on both kinds of socket. */
export interface Watchers {
  /** The message that came under this revision, once all have it; all must have been told the same. */
  readonly told: (rev: number) => Promise<Message>;
  /** The revisions of all message frames, device by device. */
  readonly revs: () => number[][];
}

export async function watch({ a, b }: Users): Promise<Watchers> {
  const devices = [await connect(a, b), await connect(b, a), await connectInbox(a), await connectInbox(b)];
  const shown = () =>
    devices.map(({ frames }) => frames.flatMap((frame) => (frame.type === "message" ? [frame.message] : [])));
  return {
    told: async (rev) => {
      const copies = () => shown().flatMap((messages) => messages.filter((message) => message.rev === rev));
      await Promise.all(devices.map((device) => device.until(() => hasRev(device, rev), `rev ${rev}`)));
      const [message, ...others] = copies();
      expect(others).toEqual([message, message, message]);
      return message as Message;
    },
    revs: () => shown().map((messages) => messages.map(({ rev }) => rev)),
  };
}

function hasRev(
  { frames }: { readonly frames: readonly { readonly type: string; readonly message?: unknown }[] },
  rev: number,
) {
  return frames.some(
    ({ type, message }) => type === "message" && (message as Message | undefined)?.rev === rev,
  );
}

/** The message is shown so by the newest page, by the page from D1, by a replay and by a sync. */
export async function expectEverywhere({ a, b }: Users, message: Message): Promise<void> {
  const newest = await getPage({ a, b }, "/messages");
  expect(newest.archivedRev).toBe(0);
  const { rev, head } = newest.page;
  await archived(env, a, b, rev);
  const older = await getPage({ a, b }, `/messages?before=${head + 1}&rev=${rev}`);
  expect(older.archivedRev).toBe(rev);
  const replayed = await connect(b, a, 0);
  const synced = await connectInbox(b);
  synced.send({ type: "sync", peer: a, after: 0 });
  await synced.first("synced");
  const told = [replayed, synced].map(({ frames }) =>
    frames.flatMap((frame) => (frame.type === "message" ? [frame.message] : [])),
  );
  for (const messages of [newest.page.messages, older.page.messages, ...told]) {
    expect(messages.filter(({ seq }) => seq === message.seq)).toEqual([message]);
  }
}
