import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect, env } from "./clients.ts";
import { faultyD1, type FaultyD1 } from "./faulty-d1.ts";
import { connectInbox, inboxOf } from "./inbox-client.ts";
import { interceptCalls } from "./object-calls.ts";
import { pairUnderTest, type PairUnderTest } from "./pair-under-test.ts";
import { alarmOf, archiveRows, archived } from "./stored.ts";

let pair: PairUnderTest;
let faulty: FaultyD1;

beforeEach(() => {
  pair = pairUnderTest();
  faulty = faultyD1(env.DB, "well", 31);
});

afterEach(() => {
  faulty.restore();
});

const throwing = () => {
  throw new Error("a fault of the test's own");
};
const hanging = () => new Promise<never>(() => {});

test("[IN8] while an inbox fails, its user's peer is answered, the conversation's sockets hear, and D1 gets everything", async () => {
  const [a, b] = pair.users;
  await interceptCalls(inboxOf(b), "notify", throwing);
  const [alice, bob] = [await connect(a, b), await connect(b, a)];
  for (const text of ["one", "two", "three"]) {
    expect(await alice.say(text)).toMatchObject({ type: "ack" });
  }
  await bob.first("message", ({ message }) => message.seq === 3);
  await pair.stub.waitUntilReplicated(3);
  expect(await archiveRows(env, a, b)).toHaveLength(3);
  expect(await alarmOf(pair.stub)).not.toBeNull();
});

test("[IN8] when the inbox works again the alarm tells it, and no alarm stays", async () => {
  const [a, b] = pair.users;
  const bob = await connectInbox(b);
  const mend = await interceptCalls(inboxOf(b), "notify", throwing);
  const alice = await connectInbox(a);
  expect(await alice.say(b, "hello")).toMatchObject({ type: "ack", seq: 1 });
  await pair.stub.waitUntilReplicated(1);
  expect(bob.frames.map(({ type }) => type)).toEqual(["ready"]);
  await runDurableObjectAlarm(pair.stub);
  expect(await alarmOf(pair.stub)).not.toBeNull();
  expect(bob.frames.map(({ type }) => type)).toEqual(["ready"]);
  mend();
  await runDurableObjectAlarm(pair.stub);
  expect(await bob.first("summary")).toMatchObject({ peer: a, rev: 1, unread: 1 });
  expect(await alarmOf(pair.stub)).toBeNull();
  bob.send({ type: "sync", peer: a, after: 0 });
  await bob.first("synced");
  expect(new Set(bob.texts)).toEqual(new Set(["hello"]));
});

test("[IN8] the inbox that works again gets by the next message what it missed, in order and each once", async () => {
  const [a, b] = pair.users;
  const bob = await connectInbox(b);
  const mend = await interceptCalls(inboxOf(b), "notify", throwing);
  const alice = await connectInbox(a);
  await alice.say(b, "one");
  await alice.say(b, "two");
  mend();
  await alice.say(b, "three");
  await bob.first("message", ({ message }) => message.text === "three");
  expect(bob.texts).toEqual(["one", "two", "three"]);
});

test("[IN8] an inbox whose answer is lost is told again, and its devices are not", async () => {
  const [a, b] = pair.users;
  const bob = await connectInbox(b);
  let lost = 0;
  const mend = await interceptCalls(inboxOf(b), "notify", (deliver) => {
    deliver();
    lost += 1;
    throwing();
  });
  const alice = await connectInbox(a);
  await alice.say(b, "one");
  await alice.say(b, "two");
  mend();
  await alice.say(b, "three");
  await bob.first("message", ({ message }) => message.text === "three");
  expect(lost).toBeGreaterThan(0);
  expect(bob.texts).toEqual(["one", "two", "three"]);
});

test(
  "[IN8] an inbox that never answers delays its peer's acks by nothing and D1 by seconds, and is told when it answers",
  { timeout: 40_000 },
  async () => {
    const [a, b] = pair.users;
    const bob = await connectInbox(b);
    const mend = await interceptCalls(inboxOf(b), "notify", hanging);
    const alice = await connectInbox(a);
    const open = await connect(b, a);
    for (const text of ["one", "two", "three"]) {
      expect(await alice.say(b, text)).toMatchObject({ type: "ack" });
    }
    await open.first("message", ({ message }) => message.text === "three");
    // Nothing of the archive was waited for up to here.
    expect(await archiveRows(env, a, b)).toEqual([]);
    await pair.stub.waitUntilReplicated(3);
    expect(await archiveRows(env, a, b)).toHaveLength(3);
    mend();
    await alice.say(b, "four");
    await bob.first("message", ({ message }) => message.text === "four");
    expect(bob.texts).toEqual(["one", "two", "three", "four"]);
  },
);

test.each([
  ["an edit", { type: "edit", seq: 1, text: "edited" }],
  ["a deletion", { type: "delete", seq: 1 }],
  ["a reaction", { type: "react", seq: 1, emoji: "👍", on: true }],
])(
  "[AR2][IN4] %s over the inbox socket reaches D1 although its conversation died right behind the ack",
  async (_, frame) => {
    const [a, b] = pair.users;
    const alice = await connectInbox(a);
    await alice.say(b, "hello");
    await pair.stub.waitUntilReplicated(1);
    faulty.mode = "hanging";
    const from = alice.frames.length;
    alice.send({ peer: b, id: "change", ...frame });
    expect(await alice.answer(from)).toMatchObject({ type: "ack", rev: 2 });
    await runInDurableObject(pair.stub, (__, state) => state.abort("killed by the test")).catch(() => {});
    faulty.mode = "well";
    await expect.poll(() => archiveRows(env, a, b), { timeout: 5_000 }).toMatchObject([{ seq: 1, rev: 2 }]);
  },
);

test("[IN8] one user's failing inbox leaves the other's frames alone", async () => {
  const [a, b] = pair.users;
  await interceptCalls(inboxOf(b), "notify", throwing);
  const alice = await connectInbox(a);
  const bob = await connect(b, a);
  expect(await bob.say("hello")).toMatchObject({ type: "ack" });
  expect(await alice.first("message")).toMatchObject({ peer: b, message: { text: "hello" } });
});

test("[IN7][IN8] a conversation killed between its commit and the delivery tells it by a summary once it settled", async () => {
  const [a, b] = pair.users;
  const before = await connectInbox(b);
  const mend = await interceptCalls(inboxOf(b), "notify", hanging);
  faulty.mode = "hanging";
  expect(await (await connect(a, b)).say("hello")).toMatchObject({ type: "ack", seq: 1 });
  await abortAllDurableObjects();
  await before.closed();
  expect(before.all("message")).toEqual([]);
  faulty.mode = "well";
  mend();
  const bob = await connectInbox(b);
  expect((await bob.first("ready")).list?.conversations).toEqual([]);
  await pair.stub.waitUntilReplicated(1);
  expect(await bob.first("summary")).toMatchObject({ peer: a, rev: 1, unread: 1 });
  await archived(env, a, b, 1);
  bob.send({ type: "sync", peer: a, after: 0 });
  expect(await bob.first("message")).toMatchObject({ peer: a, message: { text: "hello" } });
});
