import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect, env } from "./clients.ts";
import { seededRandom } from "../seeded-random.ts";
import { faultyD1, type D1Mode, type FaultyD1 } from "./faulty-d1.ts";
import { connectInbox, inboxOf } from "./inbox-client.ts";
import { InboxDevice } from "./inbox-device.ts";
import { expectOneConversation } from "./inbox-record.ts";
import { pairUnderTest, type PairUnderTest } from "./pair-under-test.ts";
import { archived } from "./stored.ts";

const rounds = 6;
const eachRound = 5;

let pair: PairUnderTest;
let faulty: FaultyD1;

beforeEach(() => {
  pair = pairUnderTest();
  faulty = faultyD1(env.DB, "well", 21);
});

afterEach(() => {
  faulty.restore();
});

interface Blow {
  readonly name: string;
  /** The sockets outlive it, so nothing has to be done on them. */
  readonly isSleep: boolean;
  /** The conversation dies too, whatever it was about to do. */
  readonly isKilling?: boolean;
  readonly strike: () => Promise<unknown>;
}

const inboxes = () => pair.users.map(inboxOf);
const evict = (stub: DurableObjectStub, webSockets?: "close") =>
  evictDurableObject(stub, webSockets === undefined ? {} : { webSockets }).catch(() => undefined);

const blows: readonly Blow[] = [
  { name: "one inbox sleeps", isSleep: true, strike: () => evict(inboxOf(pair.users[1])) },
  {
    name: "both inboxes sleep",
    isSleep: true,
    strike: () => Promise.all(inboxes().map((stub) => evict(stub))),
  },
  { name: "the conversation sleeps", isSleep: true, strike: () => evict(pair.stub) },
  {
    name: "all three sleep",
    isSleep: true,
    strike: () => Promise.all([...inboxes(), pair.stub].map((stub) => evict(stub))),
  },
  {
    name: "both inboxes are lost",
    isSleep: false,
    strike: () => Promise.all(inboxes().map((stub) => evict(stub, "close"))),
  },
  { name: "everything is killed", isSleep: false, isKilling: true, strike: () => abortAllDurableObjects() },
];
const cases = blows.flatMap((blow) => (["well", "slow"] as const).map((mode) => ({ ...blow, mode })));

test.each<Blow & { readonly mode: D1Mode }>(cases)(
  "[IN3][IN7] with inbox sockets alone both users have all messages where $name amid the traffic, D1 $mode",
  { timeout: 60_000 },
  async ({ strike, isSleep, isKilling = false, mode }) => {
    const random = seededRandom(7);
    const [a, b] = pair.users;
    const [alice, bob] = [new InboxDevice(a), new InboxDevice(b)];
    await Promise.all([alice.connect(), bob.connect()]);
    faulty.mode = mode;
    for (let round = 1; round <= rounds; round += 1) {
      for (let nth = 0; nth < eachRound; nth += 1) {
        alice.send(b, `alice ${round}.${nth}`);
        bob.send(a, `bob ${round}.${nth}`);
      }
      await scheduler.wait(Math.floor(30 * random()));
      await strike();
      if (!isSleep) {
        await Promise.all([alice, bob].map((device) => device.until(() => !device.isOpen)));
        await Promise.all([alice.connect(), bob.connect()]);
      }
      const count = 2 * eachRound * round;
      if (isKilling) {
        // A write under way when its object died lands when it likes, and a list that was read before lacks it: it is asked again.
        await Promise.all([alice.acknowledged(), bob.acknowledged()]);
        await pair.stub.waitUntilReplicated(count);
        await Promise.all([alice.catchUpList(), bob.catchUpList()]);
      }
      await Promise.all([alice.complete({ [b]: count }), bob.complete({ [a]: count })]);
    }
    faulty.mode = "well";
    await expectOneConversation(
      [a, b],
      [
        [a, alice],
        [b, bob],
      ],
      2 * eachRound * rounds,
    );
    const readies = [alice, bob].map(({ frames }) => frames.filter(({ type }) => type === "ready").length);
    expect(readies).toEqual(isSleep ? [1, 1] : [1 + rounds, 1 + rounds]);
  },
);

test("[IN3] an inbox that slept relays the next message to the sockets that stayed, and its list is right at once", async () => {
  const [a, b] = pair.users;
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await alice.say(b, "one");
  await bob.first("message");
  await pair.stub.waitUntilReplicated(1);
  await Promise.all(inboxes().map((stub) => evictDurableObject(stub)));
  expect(await bob.say(a, "two")).toMatchObject({ type: "ack", seq: 2 });
  await alice.first("message", ({ message }) => message.text === "two");
  expect(alice.texts).toEqual(["one", "two"]);
  expect(bob.texts).toEqual(["one", "two"]);
  const { list } = await (await connectInbox(a)).first("ready");
  expect(list).toMatchObject({ conversations: [{ peer: b, rev: 2, unread: 1 }], unread: { messages: 1 } });
});

test("[IN7][AR2] a conversation that was killed before it told anyone is told once its archive caught up", async () => {
  const [a, b] = pair.users;
  const bob = new InboxDevice(b);
  await bob.connect();
  faulty.mode = "down";
  await pair.call(a, "POST", "/messages", { id: "x", text: "hello" });
  await abortAllDurableObjects();
  await bob.until(() => !bob.isOpen);
  await bob.connect();
  faulty.mode = "well";
  await archived(env, a, b, 1);
  await bob.complete({ [a]: 1 });
  expect(bob.messagesOf(a).map(({ text }) => text)).toEqual(["hello"]);
});

test("[MK4] delivery marks of an inbox socket outlive its inbox's sleep and are kept when it leaves", async () => {
  const [a, b] = pair.users;
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await alice.say(b, "hello");
  await bob.first("message");
  bob.send({ type: "delivered", peer: a, seq: 1 });
  await alice.first("delivered");
  await evictDurableObject(inboxOf(b));
  bob.close(1000, "");
  await bob.closed();
  // A restart leaves only what is stored.
  const mark = async () => {
    await evict(pair.stub);
    const device = await connect(a, b);
    device.close();
    return device.all("ready")[0]?.delivered.peer;
  };
  await expect.poll(mark, { timeout: 5_000 }).toBe(1);
});
