import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test } from "vitest";
import { presenceBodySchema } from "../../src/protocol/rest.ts";
import { interceptD1 } from "./d1-calls.ts";
import { connect, controlledClock, env, freshUsers, origin, tokenFor, worker } from "./clients.ts";
import { connectInbox, inboxOf } from "./inbox-client.ts";
import { acquainted, seenOf, subscribe } from "./followers.ts";
import { conversationOf } from "./stored.ts";

async function setVisible(user: string, visible: unknown, method = "PUT"): Promise<Response> {
  return worker.fetch(`${origin}/v1/me/presence`, {
    method,
    headers: { authorization: `Bearer ${await tokenFor(user)}` },
    ...(method === "PUT" && { body: JSON.stringify({ visible }) }),
  });
}

test("[PR1][PR2] a peer is online while an inbox socket of theirs is open, and then was last seen at a whole minute", async () => {
  const { a, b } = await acquainted();
  const alice = await connectInbox(a);
  const bob = await connectInbox(b);
  await subscribe(alice, [b]);
  expect(seenOf(alice, b)).toEqual([{ online: true }]);
  bob.close();
  const offline = await alice.first("presence", ({ online }) => !online);
  expect((offline.lastSeen ?? 1) % 60_000).toBe(0);
  expect(Math.abs(Date.now() - (offline.lastSeen ?? 0))).toBeLessThan(120_000);
  await connectInbox(b);
  await alice.until(() => seenOf(alice, b).length === 3, "online again");
  expect(seenOf(alice, b)[2]).toEqual({ online: true });
});

test("[PR1] a socket in any conversation makes a user online, the last one of all that leaves offline", async () => {
  const { a, b } = await acquainted();
  const alice = await connectInbox(a);
  await subscribe(alice, [b]);
  const elsewhere = await connect(b, `carol-${crypto.randomUUID()}`);
  await alice.first("presence", ({ online }) => online);
  const bob = await connectInbox(b);
  elsewhere.close();
  await elsewhere.closed();
  bob.send({ type: "sync", peer: a });
  await bob.first("synced");
  expect(seenOf(alice, b).at(-1)).toEqual({ online: true });
  bob.close();
  await alice.until(() => seenOf(alice, b).at(-1)?.online === false, "offline");
});

test("[PR3] strangers and one-sided conversations see nothing, until the second of the two has written", async () => {
  const { a, b } = freshUsers();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await alice.say(b, "who are you?");
  await conversationOf(env, a, b).waitUntilReplicated(1);
  await subscribe(alice, [b, `nobody-${crypto.randomUUID()}`]);
  expect(alice.all("presence")).toEqual([]);
  await bob.say(a, "Bob");
  expect(await alice.first("presence")).toMatchObject({ peer: b, online: true });
});

test("[PR4] a subscription names at most 50 peers and replaces the one before", async () => {
  const { a, b } = await acquainted();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  const others = Array.from({ length: 50 }, (_, nth) => `peer-${nth}`);
  alice.send({ type: "subscribe", peers: [...others, b] });
  expect(await alice.first("error")).toMatchObject({ code: "bad_frame" });
  await subscribe(alice, [...others.slice(1), b]);
  expect(seenOf(alice, b)).toEqual([{ online: true }]);
  await subscribe(alice, others);
  bob.close();
  await bob.closed();
  const followers = () =>
    runInDurableObject(inboxOf(b), (_, { storage }) => storage.kv.get<readonly string[]>("followers"));
  await expect.poll(followers).toEqual([]);
  expect(seenOf(alice, b)).toEqual([{ online: true }]);
});

test("[PR5] who hides is offline for everybody at once and was never seen, also after their inbox slept, until they show themselves", async () => {
  const { a, b } = await acquainted();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  const [here, there] = [await connect(a, b), await connect(b, a)];
  await here.first("presence", ({ online }) => online);
  await subscribe(alice, [b]);
  expect(presenceBodySchema.parse(await (await setVisible(b, false)).json())).toEqual({ visible: false });
  await alice.until(() => seenOf(alice, b).length === 2, "offline");
  expect(seenOf(alice, b)[1]).toEqual({ online: false });
  await here.first("presence", ({ online }) => !online);
  await evictDurableObject(inboxOf(b));
  await subscribe(alice, []);
  await subscribe(alice, [b]);
  expect(seenOf(alice, b)[2]).toEqual({ online: false });
  expect(await (await connect(a, b)).first("ready")).toMatchObject({ peerOnline: false });
  expect(await (await setVisible(b, null, "GET")).json()).toEqual({ visible: false });
  await setVisible(b, true);
  await alice.until(() => seenOf(alice, b).length === 4, "online");
  expect(seenOf(alice, b)[3]).toEqual({ online: true });
  await here.until(() => here.all("presence").length === 3, "online here");
  bob.close();
  there.close();
});

test("[PR5] what may be seen is set by a boolean, with a token, by GET and PUT", async () => {
  const { a } = freshUsers();
  expect(await (await setVisible(a, null, "GET")).json()).toEqual({ visible: true });
  expect((await setVisible(a, "no")).status).toBe(400);
  expect((await setVisible(a, true, "DELETE")).status).toBe(405);
  expect((await worker.fetch(`${origin}/v1/me/presence`)).status).toBe(401);
});

test("[PR2][PR6] the close that wakes an inbox is told to followers and leaves one row, silent for minutes or not", async () => {
  const passSeconds = controlledClock();
  const { a, b } = await acquainted();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await subscribe(alice, [b]);
  await evictDurableObject(inboxOf(b));
  passSeconds(150);
  bob.close();
  await alice.first("presence", ({ online }) => !online);
  const kept = await runInDurableObject(inboxOf(b), (_, { storage }) =>
    storage.kv.get<{ lastSeenMs: number }>("presence"),
  );
  expect(kept?.lastSeenMs).toBe(Math.floor(Date.now() / 60_000) * 60_000);
});

test("[PR6] a conversation that died with its sockets does not keep a user online", async () => {
  const { a, b } = await acquainted();
  const carol = `carol-${crypto.randomUUID()}`;
  await connect(b, carol);
  const alice = await connectInbox(a);
  await subscribe(alice, [b]);
  expect(seenOf(alice, b)).toEqual([{ online: true }]);
  await evictDurableObject(conversationOf(env, b, carol), { webSockets: "close" });
  const bob = await connectInbox(b);
  bob.close();
  await alice.first("presence", ({ online }) => !online);
});

test("[PR4] where D1 is away a subscription is refused, and the same one works when it is back", async () => {
  const { a, b } = await acquainted();
  await connectInbox(b);
  const alice = await connectInbox(a);
  await evictDurableObject(inboxOf(a));
  const restore = interceptD1(env.DB, async () => {
    throw new Error("D1_ERROR: network connection lost");
  });
  onTestFinished(restore);
  alice.send({ type: "subscribe", peers: [b] });
  expect(await alice.first("error")).toMatchObject({ code: "archive_unavailable" });
  restore();
  await subscribe(alice, [b]);
  expect(seenOf(alice, b)).toEqual([{ online: true }]);
});
