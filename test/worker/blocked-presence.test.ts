import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { presenceBodySchema } from "../../src/protocol/rest.ts";
import { connect, env, origin, rest, tokenFor, worker, type Client } from "./clients.ts";
import { acquainted, seenOf, subscribe } from "./followers.ts";
import { connectInbox, inboxOf, type InboxClient } from "./inbox-client.ts";
import { interceptCalls } from "./object-calls.ts";
import { conversationOf } from "./stored.ts";

async function setBlock(user: string, peer: string, method: "PUT" | "DELETE"): Promise<void> {
  expect((await rest(user, peer, method, "/block")).status).toBe(200);
}

/** Returns when all that went to this device before is there, by a frame of its own that comes behind it. */
async function settled(client: Client): Promise<void> {
  const from = client.frames.length;
  client.send({ type: "read", seq: Number.MAX_SAFE_INTEGER });
  await client.answer(from);
}

/** What the peer's socket shows of a user: `ready`, then the frames. */
const shownBy = (client: Client) => [
  ...client.all("ready").map(({ peerOnline }) => peerOnline),
  ...client.all("presence").map(({ online }) => online),
];

async function closeAll(clients: readonly (Client | InboxClient)[]): Promise<void> {
  for (const client of clients) {
    client.close(1000, "");
    await client.closed();
  }
}

test("[BL3][MK7] a conversation's sockets show the blocker offline at once, whoever comes and goes, until the block is lifted", async () => {
  const { a, b } = await acquainted();
  const [alice, bob] = [await connect(a, b), await connect(b, a)];
  await bob.until(() => shownBy(bob).at(-1) === true, "online");
  await alice.until(() => shownBy(alice).at(-1) === true, "online");
  await setBlock(a, b, "PUT");
  await bob.until(() => shownBy(bob).at(-1) === false, "offline");
  const before = bob.frames.length;
  const tablet = await connect(a, b);
  await closeAll([alice, tablet]);
  const again = await connect(a, b);
  expect(again.all("ready")[0]).toMatchObject({ peerOnline: true });
  await evictDurableObject(conversationOf(env, a, b));
  await settled(bob);
  expect(bob.frames.slice(before).map(({ type }) => type)).toEqual(["error"]);
  expect(shownBy(await connect(b, a))).toEqual([false]);
  await setBlock(a, b, "DELETE");
  await bob.until(() => shownBy(bob).at(-1) === true, "online again");
  expect(shownBy(again).at(-1)).toBe(true);
});

test("[BL3][PR2] followers who are blocked see the blocker offline and never seen, at once, also after both inboxes slept or restarted", async () => {
  const { a, b } = await acquainted();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await subscribe(bob, [a]);
  await subscribe(alice, [b]);
  expect(seenOf(bob, a)).toEqual([{ online: true }]);
  await setBlock(a, b, "PUT");
  await bob.until(() => seenOf(bob, a).length === 2, "offline");
  expect(seenOf(bob, a)[1]).toEqual({ online: false });
  await Promise.all([evictDurableObject(inboxOf(a)), evictDurableObject(inboxOf(b))]);
  await subscribe(bob, []);
  await subscribe(bob, [a]);
  expect(seenOf(bob, a)[2]).toEqual({ online: false });
  await evictDurableObject(inboxOf(a), { webSockets: "close" });
  const later = await connectInbox(a);
  await subscribe(bob, []);
  await subscribe(bob, [a]);
  expect(seenOf(bob, a)[3]).toEqual({ online: false });
  expect(seenOf(alice, b)).toEqual([{ online: true }]);
  await setBlock(a, b, "DELETE");
  await bob.until(() => seenOf(bob, a).length === 5, "online again");
  expect(seenOf(bob, a)[4]).toEqual({ online: true });
  await closeAll([later]);
  await bob.until(() => seenOf(bob, a).length === 6, "gone");
  expect(seenOf(bob, a)[5]).toMatchObject({ online: false, lastSeen: expect.any(Number) as number });
});

test("[BL3][PR2] whoever blocks while they are away loses their `lastSeen` for the other, who gets it back when that is over", async () => {
  const { a, b } = await acquainted();
  const bob = await connectInbox(b);
  await closeAll([await connectInbox(a)]);
  await subscribe(bob, [a]);
  const lastSeen = expect.any(Number) as number;
  expect(seenOf(bob, a)).toEqual([{ online: false, lastSeen }]);
  await setBlock(a, b, "PUT");
  await bob.until(() => seenOf(bob, a).length === 2, "the block");
  await setBlock(a, b, "DELETE");
  await bob.until(() => seenOf(bob, a).length === 3, "the lifting");
  expect(seenOf(bob, a).slice(1)).toEqual([{ online: false }, { online: false, lastSeen }]);
});

test("[BL3] no frame of any kind reaches the blocked user's devices because the other comes, reads, goes, hides or sets flags", async () => {
  const { a, b } = await acquainted();
  const [bob, here] = [await connectInbox(b), await connect(b, a)];
  await subscribe(bob, [a]);
  await closeAll([await connectInbox(a)]);
  await setBlock(a, b, "PUT");
  await bob.until(() => seenOf(bob, a).at(-1)?.lastSeen === undefined, "the block");
  await subscribe(bob, []);
  await subscribe(bob, [a]);
  const before = { inbox: bob.frames.length, socket: here.frames.length };
  const alice = await connectInbox(a);
  const socket = await connect(a, b);
  socket.send({ type: "delivered", seq: 1 });
  alice.send({ type: "read", peer: b, seq: 2 });
  alice.send({ type: "typing", peer: b, on: true });
  await socket.first("read");
  for (const visible of [false, true]) {
    const body = JSON.stringify({ visible });
    const headers = { authorization: `Bearer ${await tokenFor(a)}` };
    const answer = await worker.fetch(`${origin}/v1/me/presence`, { method: "PUT", headers, body });
    expect(presenceBodySchema.parse(await answer.json())).toEqual({ visible });
  }
  expect((await rest(a, b, "PATCH", "", { muted: true, archived: true })).status).toBe(200);
  await conversationOf(env, a, b).waitUntilReplicated(2);
  await closeAll([socket, alice]);
  await closeAll([await connectInbox(a)]);
  await settled(here);
  bob.send({ type: "sync", peer: `nobody-${crypto.randomUUID()}` });
  await bob.until(() => bob.frames.slice(before.inbox).some(({ type }) => type === "synced"), "synced");
  expect(bob.frames.slice(before.inbox).map(({ type }) => type)).toEqual(["synced"]);
  expect(here.frames.slice(before.socket).map(({ type }) => type)).toEqual(["error"]);
});

test("[BL3] a follower whose inbox could not be told of the block is told when the blocker next comes or goes", async () => {
  const { a, b } = await acquainted();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await subscribe(bob, [a]);
  let failures = 0;
  const restore = await interceptCalls(inboxOf(b), "updatePresence", () => {
    failures += 1;
    throw new Error("away");
  });
  await setBlock(a, b, "PUT");
  await expect.poll(() => failures).toBe(1);
  restore();
  expect(seenOf(bob, a)).toEqual([{ online: true }]);
  await closeAll([alice]);
  await bob.until(() => seenOf(bob, a).length === 2, "offline");
  await closeAll([await connectInbox(a)]);
  await subscribe(bob, [a]);
  expect(seenOf(bob, a).slice(1)).toEqual([{ online: false }]);
});

test("[PR5] nobody is told that a hidden user comes or goes", async () => {
  const { a, b } = await acquainted();
  const bob = await connectInbox(b);
  await subscribe(bob, [a]);
  const headers = { authorization: `Bearer ${await tokenFor(a)}` };
  const body = JSON.stringify({ visible: false });
  await worker.fetch(`${origin}/v1/me/presence`, { method: "PUT", headers, body });
  await bob.until(() => seenOf(bob, a).length === 2, "hidden");
  await closeAll([await connectInbox(a), await connect(a, b)]);
  await subscribe(bob, [a]);
  expect(seenOf(bob, a)).toHaveLength(2);
});

test("[BL3] a block of one direction hides nobody the other way, and each is hidden from the other where both block", async () => {
  const { a, b } = await acquainted();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await setBlock(a, b, "PUT");
  await subscribe(alice, [b]);
  await subscribe(bob, [a]);
  expect([seenOf(alice, b), seenOf(bob, a)]).toEqual([[{ online: true }], [{ online: false }]]);
  await setBlock(b, a, "PUT");
  await alice.until(() => seenOf(alice, b).length === 2, "offline too");
  await setBlock(a, b, "DELETE");
  await bob.until(() => seenOf(bob, a).length === 2, "online");
  expect([seenOf(alice, b)[1], seenOf(bob, a)[1]]).toEqual([{ online: false }, { online: true }]);
});
