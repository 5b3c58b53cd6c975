import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test } from "vitest";
import { conversationKey } from "../../src/archive/conversation-key.ts";
import { readSummaries } from "../../src/archive/list.ts";
import { conversationName } from "../../src/protocol/pair.ts";
import { keepArchive, stubOf, type Users } from "./by-hand.ts";
import { connect, controlledClock, env, freshUsers, problemOf, rest } from "./clients.ts";
import { faultyD1, type FaultyD1 } from "./faulty-d1.ts";
import { connectInbox, inboxOf } from "./inbox-client.ts";
import { listOf, peersIn, putSummaries, userWithPeers } from "./lists.ts";
import { alarmOf } from "./stored.ts";

let faulty: FaultyD1;

beforeEach(() => {
  faulty = faultyD1(env.DB, "well", 5);
});

afterEach(() => {
  faulty.restore();
});

/** Two messages of each, both of Bob's read by Alice but the last; D1 has it all. */
async function talking(): Promise<Users> {
  const users = freshUsers();
  const { a, b } = users;
  for (const [nth, [author, peer]] of [
    [a, b],
    [b, a],
    [a, b],
    [b, a],
  ].entries()) {
    await rest(author ?? "", peer ?? "", "POST", "/messages", { id: `m${nth + 1}`, text: `text ${nth + 1}` });
  }
  await rest(a, b, "PUT", "/read", { seq: 2 });
  await stubOf(users).waitUntilReplicated(4);
  return users;
}

async function setBlock({ a, b }: Users, method: "PUT" | "DELETE"): Promise<void> {
  expect((await rest(a, b, method, "/block")).status).toBe(200);
  await stubOf({ a, b }).waitUntilReplicated(0);
}

async function archivedBlock({ a, b }: Users) {
  return env.DB.prepare("SELECT state, blocked_a, blocked_b, read_a FROM conversations WHERE id = ?")
    .bind(await conversationKey(conversationName(a, b)))
    .first();
}

async function sendCode({ a, b }: Users): Promise<string> {
  return (await problemOf(await rest(b, a, "POST", "/messages", { id: crypto.randomUUID(), text: "x" })))
    .code;
}

test("[BL4][LS2] a block is in the blocker's list, summary, inbox frames and `ready.list`, and in none of the other's", async () => {
  const users = await talking();
  const { a, b } = users;
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  for (const blocked of [true, false]) {
    await setBlock(users, blocked ? "PUT" : "DELETE");
    await alice.first("summary", (summary) => summary.peer === b && summary.blocked === blocked);
    expect((await listOf(a)).conversations).toMatchObject([{ peer: b, blocked, unread: 1 }]);
    expect((await listOf(b)).conversations).toMatchObject([{ peer: a, blocked: false }]);
    expect((await readSummaries(env.DB, a, [b])).get(b)?.summary).toMatchObject({ blocked });
    expect((await readSummaries(env.DB, b, [a])).get(a)?.summary).toMatchObject({ blocked: false });
    expect((await connectInbox(a)).all("ready")[0]?.list?.conversations).toMatchObject([{ blocked }]);
    expect((await connectInbox(b)).all("ready")[0]?.list?.conversations).toMatchObject([{ blocked: false }]);
    expect(await (await rest(a, b, "GET")).json()).toMatchObject({ blocked });
    expect(await (await rest(b, a, "GET")).json()).toMatchObject({ blocked: false });
  }
  await rest(a, b, "POST", "/messages", { id: "m5", text: "text 5" });
  await bob.first("message");
  expect(bob.all("summary").map(({ blocked }) => blocked)).not.toContain(true);
});

test("[BL3][LS2] the blocked user's list, summary, `synced` and inbox frames show the read mark of before, the blocker's own the true one", async () => {
  const users = await talking();
  const { a, b } = users;
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await setBlock(users, "PUT");
  expect(await archivedBlock(users)).toEqual({ state: 1, blocked_a: 2, blocked_b: null, read_a: 2 });
  alice.send({ type: "read", peer: b, seq: 4 });
  await alice.first("read", ({ seq }) => seq === 4);
  await stubOf(users).waitUntilReplicated(0);
  expect(await archivedBlock(users)).toEqual({ state: 1, blocked_a: 2, blocked_b: null, read_a: 4 });
  const seen = { read: { peer: 2 } };
  bob.send({ type: "sync", peer: a });
  expect(await bob.first("synced")).toMatchObject({ ...seen, delivered: { peer: 2 }, peerOnline: false });
  expect((await listOf(b)).conversations).toMatchObject([seen]);
  expect(await (await rest(b, a, "GET")).json()).toMatchObject(seen);
  expect((await connectInbox(b)).all("ready")[0]?.list?.conversations).toMatchObject([seen]);
  expect((await listOf(a)).conversations).toMatchObject([{ read: { you: 4 }, unread: 0 }]);
  await rest(a, b, "POST", "/messages", { id: "m5", text: "text 5" });
  expect(await bob.first("summary", ({ head }) => head === 5)).toMatchObject(seen);
  expect(bob.all("read")).toEqual([]);
  await setBlock(users, "DELETE");
  expect(await bob.first("read")).toMatchObject({ peer: a, user: a, seq: 4 });
  expect((await listOf(b)).conversations).toMatchObject([{ read: { peer: 4 } }]);
});

/** What changed for a user in the last minute: which peers, and how far these are seen to have read. */
async function changed(user: string): Promise<unknown[]> {
  const { conversations } = await listOf(user, { changedSince: Date.now() });
  return conversations.map(({ peer, read }) => [peer, read.peer]);
}

test("[BL3][LS4] when the conversation comes by `changedSince` does not tell the blocked user that the other read", async () => {
  const passSeconds = controlledClock();
  const users = await talking();
  const { a, b } = users;
  await setBlock(users, "PUT");
  passSeconds(600);
  const before = await changed(b);
  expect(await changed(a)).toEqual([]);
  await rest(a, b, "PUT", "/read", { seq: 4 });
  await stubOf(users).waitUntilReplicated(0);
  expect(await changed(b)).toEqual(before);
  expect(await changed(a)).toEqual([[b, 0]]);
  await setBlock(users, "DELETE");
  expect(await changed(b)).toEqual([[a, 4]]);
  passSeconds(600);
  expect(await changed(b)).toEqual([]);
});

test("[BL4][AR3] a block while D1 is down holds at once, survives the object's restart and the inbox's, and lands when D1 is back", async () => {
  const users = await talking();
  const { a, b } = users;
  faulty.mode = "down";
  expect((await rest(a, b, "PUT", "/block")).status).toBe(200);
  expect(await sendCode(users)).toBe("blocked");
  await expect.poll(() => alarmOf(stubOf(users))).not.toBeNull();
  await evictDurableObject(stubOf(users));
  await evictDurableObject(inboxOf(a)).catch(() => {});
  expect(await sendCode(users)).toBe("blocked");
  faulty.mode = "well";
  expect(await archivedBlock(users)).toMatchObject({ state: 0, blocked_a: null });
  await runDurableObjectAlarm(stubOf(users));
  await stubOf(users).waitUntilReplicated(0);
  expect(await archivedBlock(users)).toMatchObject({ state: 1, blocked_a: 2 });
  expect((await listOf(a)).conversations).toMatchObject([{ peer: b, blocked: true }]);
  expect(await alarmOf(stubOf(users))).toBeNull();
});

test("[BL4][AR4] an archive that was set back gets the block again when the object starts", async () => {
  const users = await talking();
  const setBack = await keepArchive(users);
  await setBlock(users, "PUT");
  await setBack();
  expect((await listOf(users.a)).conversations).toMatchObject([{ blocked: false }]);
  await evictDurableObject(stubOf(users));
  await stubOf(users).waitUntilReplicated(0);
  expect((await listOf(users.a)).conversations).toMatchObject([{ blocked: true, state: 1 }]);
});

test("[BL2][BL3][AR5] an object that was restored to before the block takes it back from D1 when somebody looks", async () => {
  const users = await talking();
  const { a, b } = users;
  await setBlock(users, "PUT");
  await runInDurableObject(stubOf(users), (_, { storage }) => {
    storage.sql.exec("UPDATE state SET flags = NULL");
  });
  await evictDurableObject(stubOf(users));
  const bob = await connect(b, a);
  await stubOf(users).waitUntilReplicated(0);
  expect(await sendCode(users)).toBe("blocked");
  expect(await (await rest(a, b, "GET")).json()).toMatchObject({ blocked: true, state: 1 });
  expect((await connect(b, a)).all("ready")).toMatchObject([{ peerOnline: false, read: { peer: 2 } }]);
  expect(bob.all("presence")).toEqual([]);
  expect(await archivedBlock(users)).toMatchObject({ state: 1, blocked_a: 2 });
});

test("[LS2] rows of an older release, which know no block, list as not blocked", async () => {
  const { user, peers } = userWithPeers(2);
  await putSummaries(user, peers, () => ({ lastAtMs: Date.now() }));
  const list = await listOf(user);
  expect(peersIn(list).toSorted()).toEqual([...peers].toSorted());
  expect(list.conversations.map(({ blocked }) => blocked)).toEqual([false, false]);
});
