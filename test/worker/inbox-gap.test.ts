import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, expect, test } from "vitest";
import { env, tokenFor } from "./clients.ts";
import { gateD1 } from "./d1-gate.ts";
import { seededRandom } from "../seeded-random.ts";
import { faultyD1, type D1Mode, type FaultyD1 } from "./faulty-d1.ts";
import { connectInbox, inboxOf, openInboxWith, type InboxClient } from "./inbox-client.ts";
import { InboxDevice } from "./inbox-device.ts";
import { expectOneConversation } from "./inbox-record.ts";
import { pairUnderTest, type PairUnderTest } from "./pair-under-test.ts";
import { archived } from "./stored.ts";

let pair: PairUnderTest;
let faulty: FaultyD1;

beforeEach(() => {
  pair = pairUnderTest();
  faulty = faultyD1(env.DB, "well", 11);
});

afterEach(() => {
  faulty.restore();
});

/** Alice says something over REST. */
async function post(text = "hello"): Promise<void> {
  const [alice] = pair.users;
  const body = { id: crypto.randomUUID(), text };
  expect((await pair.call(alice, "POST", "/messages", body)).status).toBe(201);
}

test("[IN6] what D1 has not taken yet when a device connects is in its ready all the same", async () => {
  const [alice, bob] = pair.users;
  await post("first");
  await pair.stub.waitUntilReplicated(1);
  const gate = gateD1();
  await post("second");
  const connecting = openInboxWith(await tokenFor(bob));
  await gate.waiting(2);
  gate.open();
  const { list } = await (await connecting).first("ready");
  expect(list?.conversations).toMatchObject([{ peer: alice, rev: 2, unread: 2, last: { text: "second" } }]);
  expect(list?.unread).toEqual({ messages: 2, conversations: 1 });
});

test("[IN6] what happens while the list is read is told by ready or by a frame behind it", async () => {
  const [alice, bob] = pair.users;
  await post("first");
  await pair.stub.waitUntilReplicated(1);
  const gate = gateD1();
  const device = await openInboxWith(await tokenFor(bob));
  await gate.waiting(1);
  await post("second");
  await post("third");
  await gate.waiting(2);
  gate.open();
  await device.until(() => revKnownTo(device, alice) === 3, "the third message");
  expect(device.frames[0]?.type).toBe("ready");
});

test("[IN6] a first conversation that begins while the list is read is told by a frame behind ready", async () => {
  const [alice, bob] = pair.users;
  const gate = gateD1();
  const device = await openInboxWith(await tokenFor(bob));
  await gate.waiting(1);
  const posting = post("first");
  await gate.waiting(2);
  gate.open();
  await posting;
  await device.until(() => revKnownTo(device, alice) === 1, "the message");
  expect(device.frames[0]?.type).toBe("ready");
});

test("[IN2][IN6] while D1 is down ready comes without a list, with what was told lately behind it, and frames flow", async () => {
  const [alice, bob] = pair.users;
  faulty.mode = "down";
  await post("before");
  await pair.stub.waitUntilReplicated(1);
  const device = await openInboxWith(await tokenFor(bob));
  const ready = await device.first("ready");
  expect(ready).not.toHaveProperty("list");
  expect(await device.first("summary")).toMatchObject({ peer: alice, rev: 1 });
  await post("after");
  expect(await device.first("message")).toMatchObject({ peer: alice, message: { rev: 2 } });
});

test("[IN2] while D1 hangs ready comes without a list within the archive's time", async () => {
  const [, bob] = pair.users;
  faulty.mode = "hanging";
  const device = await openInboxWith(await tokenFor(bob));
  expect(await device.first("ready")).not.toHaveProperty("list");
});

test("[IN6][AR3] a flush that failed and lands later is told again to a device whose list lacked it", async () => {
  const [alice, bob] = pair.users;
  await connectInbox(bob);
  faulty.mode = "down";
  await post("hello");
  await pair.stub.waitUntilReplicated(1);
  // The inbox forgets that it was told, as one that slept does.
  await evictDurableObject(inboxOf(bob), { webSockets: "close" });
  faulty.mode = "well";
  const device = await connectInbox(bob);
  expect((await device.first("ready")).list?.conversations).toEqual([]);
  await runDurableObjectAlarm(pair.stub);
  await device.until(() => revKnownTo(device, alice) === 1, "the summary");
  device.send({ type: "sync", peer: alice, after: 0 });
  expect(await device.first("message")).toMatchObject({ peer: alice, message: { text: "hello" } });
  expect(await device.first("synced")).toMatchObject({ peer: alice, head: 1, rev: 1 });
});

test("[IN6] a write to D1 that took long is told again to a device that read the list meanwhile", async () => {
  const [alice, bob] = pair.users;
  await connectInbox(bob);
  await post("first");
  await pair.stub.waitUntilReplicated(1);
  const gate = gateD1();
  const posting = post("second");
  await gate.waiting(1);
  await evictDurableObject(inboxOf(bob), { webSockets: "close" });
  // The list overtakes the write, which stays behind the gate for longer than a usual write takes.
  gate.letPass();
  const device = await connectInbox(bob);
  expect((await device.first("ready")).list?.conversations).toMatchObject([{ peer: alice, rev: 1 }]);
  await scheduler.wait(1_100);
  gate.open();
  await posting;
  await device.until(() => revKnownTo(device, alice) === 2, "the summary");
});

const modes: readonly D1Mode[] = ["well", "slow", "flaky", "down"];

test.each(modes)(
  "[IN6][IN7] 25 devices that connect amid traffic miss nothing with D1 %s at first",
  { timeout: 60_000 },
  async (mode) => {
    const random = seededRandom(2_026);
    faulty.mode = mode;
    const runs = Array.from({ length: 25 }, () => connectAmidTraffic(random));
    const finishes = await Promise.all(runs);
    faulty.mode = "well";
    const faults = await Promise.all(finishes.map((finish) => finish()));
    expect(faults).toEqual(finishes.map(() => []));
  },
);

/** Eight messages at random moments, an inbox that may forget amid them, and a device that connects; answers how to see whether it is complete. */
async function connectAmidTraffic(random: () => number): Promise<() => Promise<readonly string[]>> {
  const { users, stub, call } = pairUnderTest();
  const [alice, bob] = users;
  const device = new InboxDevice(bob);
  const at = (run: () => Promise<unknown>) => scheduler.wait(Math.floor(300 * random())).then(run);
  const posts = Array.from({ length: 8 }, (_, nth) =>
    at(() => call(alice, "POST", "/messages", { id: crypto.randomUUID(), text: `text ${nth}` })),
  );
  const forgets = random() < 0.5;
  const forget = at(async () => forgets && evictDurableObject(inboxOf(bob)).catch(() => undefined));
  await Promise.all([...posts, forget, at(() => device.connect())]);
  return async () => {
    await stub.waitUntilReplicated(8);
    await archived(env, ...users, 8);
    await device.complete({ [alice]: 8 });
    await expectOneConversation(users, [[bob, device]], 8);
    device.disconnect();
    return device.faults;
  };
}

/** The highest revision of a peer's conversation that a device was told in any way. */
function revKnownTo(device: InboxClient, peer: string): number {
  const listed = device.all("ready").flatMap(({ list }) => list?.conversations ?? []);
  const told = [...listed, ...device.all("summary")].filter((summary) => summary.peer === peer);
  const shown = device.all("message").filter((frame) => frame.peer === peer);
  return Math.max(0, ...told.map(({ rev }) => rev), ...shown.map(({ message }) => message.rev));
}
