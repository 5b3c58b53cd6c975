import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test } from "vitest";
import { env, freshUsers } from "./clients.ts";
import { connectInbox, inboxOf, type InboxClient } from "./inbox-client.ts";
import { meterRows, type RowMeter } from "./rows.ts";
import { alarmOf, archiveSummary, conversationOf } from "./stored.ts";

interface Scene {
  readonly a: string;
  readonly b: string;
  readonly alice: InboxClient;
  readonly bob: InboxClient;
  readonly meter: RowMeter;
}

/** Two users on inbox sockets alone, behind their first message. */
async function talking(): Promise<Scene> {
  const { a, b } = freshUsers();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await alice.say(b, "first");
  await bob.first("message");
  const stub = conversationOf(env, a, b);
  await stub.waitUntilReplicated(1);
  const meter = await meterRows(env.DB, stub);
  onTestFinished(meter.restore);
  return { a, b, alice, bob, meter };
}

/** Everything that an inbox has stored. */
function storedIn(user: string): Promise<unknown[]> {
  return runInDurableObject(inboxOf(user), (_, { storage }) => [...storage.kv.list()]);
}

test("[CO1][IN9] a plain message between inbox sockets writes one row in the conversation, two in D1, none in the inboxes", async () => {
  const { a, b, alice, bob, meter } = await talking();
  const before = [await storedIn(a), await storedIn(b)];
  for (let rev = 2; rev <= 5; rev += 1) {
    const cost = await meter.cost(async () => {
      await alice.say(b, `message ${rev}`);
      await bob.first("message", ({ message }) => message.rev === rev);
      await conversationOf(env, a, b).waitUntilReplicated(rev);
    });
    expect(cost).toMatchObject({ objectWritten: 1, archiveWritten: 2 });
  }
  expect([await storedIn(a), await storedIn(b)]).toEqual(before);
  // What there is is the count of conversations that one of them began.
  expect(before.map((stored) => stored.length)).toEqual([1, 0]);
});

test("[CO1][IN9] a message to a user whom no socket of theirs awaits costs the same and leaves nothing in their inbox", async () => {
  const { a, b, alice, bob, meter } = await talking();
  bob.close(1000, "");
  await bob.closed();
  const before = [await storedIn(a), await storedIn(b)];
  const cost = await meter.cost(async () => {
    await alice.say(b, "second");
    await conversationOf(env, a, b).waitUntilReplicated(2);
  });
  expect(cost).toMatchObject({ objectWritten: 1, archiveWritten: 2 });
  expect([await storedIn(a), await storedIn(b)]).toEqual(before);
  const again = await connectInbox(b);
  expect((await again.first("ready")).list?.conversations).toMatchObject([{ peer: a, rev: 2, unread: 2 }]);
});

test("[CO1][IN4] a read mark over the inbox socket writes one row in the conversation and one in D1, typing and delivered none", async () => {
  const { a, b, alice, bob, meter } = await talking();
  const marks = await meter.cost(async () => {
    bob.send({ type: "typing", peer: a, on: true });
    bob.send({ type: "delivered", peer: a, seq: 1 });
    await alice.first("typing");
    await alice.first("delivered");
  });
  expect(marks).toMatchObject({ objectWritten: 0, archiveWritten: 0 });
  const read = await meter.cost(async () => {
    bob.send({ type: "read", peer: a, seq: 1 });
    await alice.first("read");
    await conversationOf(env, a, b).waitUntilReplicated(1);
  });
  expect(read).toMatchObject({ objectWritten: 1, archiveWritten: 1 });
  expect(await archiveSummary(env, a, b)).toMatchObject({ read_b: 1 });
});

test("[CO3] a burst of 50 over inbox sockets writes each message once and few summaries", async () => {
  const { a, b, alice, bob, meter } = await talking();
  const cost = await meter.cost(async () => {
    await Promise.all(Array.from({ length: 50 }, (_, nth) => alice.say(b, `message ${nth}`)));
    await bob.first("message", ({ message }) => message.seq === 51);
    await conversationOf(env, a, b).waitUntilReplicated(51);
  });
  expect(cost.objectWritten).toBe(50);
  expect(cost.objectWritten + cost.archiveWritten).toBeLessThanOrEqual(50 * 2.2);
});

test("[CO2][IN2] connecting, looking and catching up write nothing anywhere", async () => {
  const { a, b, meter } = await talking();
  const before = [await storedIn(a), await storedIn(b)];
  const cost = await meter.cost(async () => {
    const tablet = await connectInbox(b);
    tablet.send({ type: "sync", peer: a, after: 1 });
    await tablet.first("synced");
    tablet.close(1000, "");
    await tablet.closed();
    await conversationOf(env, a, b).waitUntilReplicated(1);
  });
  expect(cost).toMatchObject({ objectWritten: 0, archiveWritten: 0 });
  expect([await storedIn(a), await storedIn(b)]).toEqual(before);
});

test("[CO3] idle inbox sockets leave no alarm and let all three objects sleep, and a ping wakes none", async () => {
  const { a, b, alice, bob, meter } = await talking();
  const [inboxA, inboxB, conversation] = [inboxOf(a), inboxOf(b), conversationOf(env, a, b)];
  const alarms = await Promise.all(
    [inboxA, inboxB].map((stub) => runInDurableObject(stub, (_, { storage }) => storage.getAlarm())),
  );
  expect([...alarms, await alarmOf(conversation)]).toEqual([null, null, null]);
  await Promise.all([inboxA, inboxB, conversation].map((stub) => evictDurableObject(stub)));
  for (const device of [alice, bob]) {
    device.sendRaw("ping");
    await device.until(() => device.pongs === 1, "pong");
  }
  // Only a running object can be evicted.
  for (const stub of [inboxA, inboxB, conversation]) {
    await expect(evictDurableObject(stub)).rejects.toThrow("not currently running");
  }
  const cost = await meter.cost(async () => {
    alice.send({ type: "typing", peer: b, on: true });
    await bob.first("typing");
    await conversation.waitUntilReplicated(1);
  });
  expect(cost).toMatchObject({ objectWritten: 0, archiveWritten: 0 });
});
