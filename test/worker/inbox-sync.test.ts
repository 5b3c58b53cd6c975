import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { movableClock, stubOf, upTo } from "./by-hand.ts";
import { connect, env, freshUsers, rest } from "./clients.ts";
import { faultyD1 } from "./faulty-d1.ts";
import { connectInbox, inboxOf } from "./inbox-client.ts";
import { interceptCalls } from "./object-calls.ts";

test("[IN7] sync brings what came after the cursor, in order, and ends with how the conversation stands", async () => {
  const { a, b } = freshUsers();
  const bob = await connect(b, a);
  for (const nth of upTo(5)) {
    await bob.say(`text ${nth}`);
  }
  const alice = await connectInbox(a);
  alice.send({ type: "read", peer: b, seq: 2 });
  await alice.first("read");
  alice.send({ type: "sync", peer: b, after: 3 });
  const synced = await alice.first("synced");
  expect(synced).toMatchObject({ peer: b, head: 5, rev: 5, read: { you: 2, peer: 0 } });
  expect(alice.all("message").map(({ peer, message }) => [peer, message.rev])).toEqual([
    [b, 4],
    [b, 5],
  ]);
  expect(alice.frames.indexOf(synced)).toBe(alice.frames.length - 1);
});

test("[IN7] sync without after only tells how it stands, of an empty conversation too", async () => {
  const { a, b } = freshUsers();
  const alice = await connectInbox(a);
  alice.send({ type: "sync", peer: b });
  expect(await alice.first("synced")).toMatchObject({ peer: b, head: 0, rev: 0 });
  await alice.say(b, "hello");
  alice.send({ type: "sync", peer: b });
  await alice.first("synced", ({ rev }) => rev === 1);
  expect(alice.texts).toEqual(["hello"]);
});

test("[IN7][RP3] sync with an after above the rev is answered reset and then synced", async () => {
  const { a, b } = freshUsers();
  const alice = await connectInbox(a);
  await alice.say(b, "hello");
  alice.send({ type: "sync", peer: b, after: 9 });
  expect(await alice.first("reset")).toEqual({ type: "reset", peer: b, rev: 1 });
  expect(await alice.first("synced")).toMatchObject({ peer: b, rev: 1 });
});

test("[IN5][IN7] what happens during a sync comes behind it, in order, each once, a message before its ack", async () => {
  const { a, b } = freshUsers();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await alice.say(b, "one");
  const release = Promise.withResolvers<void>();
  await interceptCalls(stubOf({ a, b }), "replay", async (sync) => {
    // The answer is of the moment before, and is late.
    const answer = await sync();
    await release.promise;
    return answer;
  });
  alice.send({ type: "sync", peer: b, after: 0 });
  alice.send({ type: "send", peer: b, id: "x", text: "two" });
  await bob.first("message", ({ message }) => message.text === "two");
  await bob.say(a, "three");
  // Other conversations do not wait.
  expect(await alice.say(`${b}-2`, "to another")).toMatchObject({ type: "ack" });
  expect(alice.texts).toEqual(["one", "to another"]);
  release.resolve();
  await alice.first("message", ({ message }) => message.text === "three");
  const ack = await alice.first("ack", ({ id }) => id === "x");
  const shownAt = alice.frames.findIndex((frame) => frame.type === "message" && frame.message.id === "x");
  expect(shownAt).toBeLessThan(alice.frames.indexOf(ack));
  expect(alice.frames.findIndex(({ type }) => type === "synced")).toBeLessThan(shownAt);
  expect(alice.texts).toEqual(["one", "to another", "one", "two", "three"]);
});

test("[IN7] a sync that fails is an error with the peer, and what came meanwhile is not lost", async () => {
  const { a, b } = freshUsers();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await alice.say(b, "one");
  const release = Promise.withResolvers<void>();
  await interceptCalls(stubOf({ a, b }), "replay", async () => {
    await release.promise;
    throw new Error("a fault of the test's own");
  });
  alice.send({ type: "sync", peer: b, after: 0 });
  await bob.say(a, "two");
  release.resolve();
  expect(await alice.first("error")).toMatchObject({ code: "internal", peer: b });
  expect(alice.texts).toEqual(["one", "two"]);
});

test("[IN7] a second sync of the same peer before the first ended is refused with rate_limited, and the first goes on", async () => {
  const { a, b } = freshUsers();
  const alice = await connectInbox(a);
  await alice.say(b, "one");
  alice.send({ type: "sync", peer: b, after: 0 });
  alice.send({ type: "sync", peer: b, after: 0 });
  const error = await alice.first("error");
  expect(error).toMatchObject({ code: "rate_limited", peer: b });
  expect(error.retryAfterMs).toBeGreaterThan(0);
  await alice.first("synced");
  expect(alice.texts).toEqual(["one", "one"]);
});

test("[IN7] a sync wakes a sleeping conversation and is a delivery mark by itself", async () => {
  const { a, b } = freshUsers();
  const bob = await connectInbox(b);
  await bob.say(a, "hello");
  await stubOf({ a, b }).waitUntilReplicated(1);
  await evictDurableObject(stubOf({ a, b }));
  const alice = await connectInbox(a);
  alice.send({ type: "sync", peer: b, after: 1 });
  await alice.first("synced");
  expect(await bob.first("delivered")).toEqual({ type: "delivered", peer: a, user: a, seq: 1 });
});

test("[IN3][IN8] a delivery that lands after its repeat shows no device an older state", async () => {
  const clock = movableClock();
  const { a, b } = freshUsers();
  const faulty = faultyD1(env.DB, "down", 41);
  const bob = await connectInbox(b);
  const release = Promise.withResolvers<void>();
  let calls = 0;
  await interceptCalls(inboxOf(b), "notify", async (deliver) => {
    calls += 1;
    if (calls === 1) {
      await release.promise;
    }
    return deliver();
  });
  await rest(a, b, "POST", "/messages", { id: "x", text: "one" });
  clock.advance(6_000);
  await rest(a, b, "POST", "/messages", { id: "y", text: "two" });
  await bob.first("summary", ({ rev }) => rev === 2);
  release.resolve();
  const late = await connectInbox(b);
  expect(await late.first("summary")).toMatchObject({ peer: a, rev: 2, unread: 2 });
  await rest(a, b, "POST", "/messages", { id: "z", text: "three" });
  await bob.first("summary", ({ rev }) => rev === 3);
  expect(bob.all("summary").map(({ rev }) => rev)).toEqual([2, 3]);
  expect(bob.texts).toEqual(["one", "two", "three"]);
  faulty.restore();
});
