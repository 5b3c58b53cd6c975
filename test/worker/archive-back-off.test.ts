import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { env } from "./clients.ts";
import { faultyD1, type FaultyD1 } from "./faulty-d1.ts";
import { pairUnderTest, type PairUnderTest } from "./pair-under-test.ts";
import { alarmOf, archived, archiveRows, recordRows, type ConversationStub } from "./stored.ts";

let pair: PairUnderTest;
let faulty: FaultyD1;

beforeEach(() => {
  pair = pairUnderTest();
  faulty = faultyD1(env.DB, "well", 5);
});

afterEach(() => {
  faulty.restore();
});

async function post(nth: number): Promise<void> {
  const response = await pair.call(pair.users[0], "POST", "/messages", { id: `id-${nth}`, text: "hello" });
  expect(response.status).toBe(201);
}

test("[AR3][CO3] no alarm is set while D1 answers", async () => {
  for (let nth = 1; nth <= 5; nth += 1) {
    await post(nth);
    await pair.stub.waitUntilReplicated(nth);
    expect(await alarmOf(pair.stub)).toBeNull();
  }
  expect(await archiveRows(env, ...pair.users)).toHaveLength(5);
});

test("[AR3] each failed flush sets the next alarm, and the one that lands leaves none", async () => {
  const alarms = await holdAlarms(pair.stub);
  faulty.mode = "down";
  await post(1);
  await pair.stub.waitUntilReplicated(1);
  await runDurableObjectAlarm(pair.stub);
  await runDurableObjectAlarm(pair.stub);
  expect(alarms.requested).toHaveLength(3);
  expect(await failingSince(pair.stub)).toEqual(expect.any(Number));
  expect(await alarmOf(pair.stub)).not.toBeNull();
  faulty.mode = "well";
  await runDurableObjectAlarm(pair.stub);
  expect(alarms.requested).toHaveLength(3);
  expect(await archiveRows(env, ...pair.users)).toEqual(await recordRows(pair.stub));
  expect(await alarmOf(pair.stub)).toBeNull();
  expect(await failingSince(pair.stub)).toBeNull();
});

test("[AR3] while an alarm waits, new messages do not ask D1 again, and the alarm brings them all", async () => {
  await holdAlarms(pair.stub);
  faulty.mode = "down";
  await post(1);
  await pair.stub.waitUntilReplicated(1);
  const disturbed = faulty.disturbed();
  for (let nth = 2; nth <= 5; nth += 1) {
    await post(nth);
  }
  expect(faulty.disturbed()).toBe(disturbed);
  faulty.mode = "well";
  await runDurableObjectAlarm(pair.stub);
  expect(await archiveRows(env, ...pair.users)).toHaveLength(5);
});

test("[AR2][AR3] the alarm rings by itself: D1 gets what it lacked although nobody does anything", async () => {
  faulty.mode = "down";
  await post(1);
  await pair.stub.waitUntilReplicated(1);
  faulty.mode = "well";
  const landed = async () => expect(await archiveRows(env, ...pair.users)).toHaveLength(1);
  await vi.waitFor(landed, { timeout: 20_000, interval: 200 });
  expect(await archiveRows(env, ...pair.users)).toEqual(await recordRows(pair.stub));
}, 30_000);

test("[AR3][CO2] a conversation without a message waits for nothing and sets no alarm while D1 is down", async () => {
  faulty.mode = "down";
  await pair.stub.waitUntilReplicated(1);
  expect((await pair.call(pair.users[0], "GET", "/messages")).status).toBe(200);
  expect(await alarmOf(pair.stub)).toBeNull();
});

test("[AR1][AR2] a D1 without its tables is one that does not answer: the conversation goes on and lands later", async () => {
  await renameTable("messages", "messages_away");
  await post(1);
  expect((await pair.call(pair.users[0], "GET", "/messages")).status).toBe(200);
  const older = await pair.call(pair.users[0], "GET", "/messages?before=1");
  expect(await older.json()).toMatchObject({ status: 503, code: "not_migrated" });
  await renameTable("messages_away", "messages");
  await archived(env, ...pair.users, 1);
  expect(await archiveRows(env, ...pair.users)).toEqual(await recordRows(pair.stub));
});

async function renameTable(from: string, to: string): Promise<void> {
  await env.DB.prepare(`ALTER TABLE ${from} RENAME TO ${to}`).run();
}

/** Puts off every alarm that an object sets by an hour, so that only the test rings it. */
async function holdAlarms(stub: ConversationStub) {
  const requested: number[] = [];
  const prototype = await runInDurableObject(
    stub,
    (_, { storage }) => Object.getPrototypeOf(storage) as Pick<DurableObjectStorage, "setAlarm">,
  );
  const original = prototype.setAlarm;
  prototype.setAlarm = function held(at) {
    requested.push(Number(at));
    return original.call(this, Number(at) + 3_600_000);
  };
  onTestFinished(() => {
    prototype.setAlarm = original;
  });
  return { requested };
}

function failingSince(stub: ConversationStub): Promise<unknown> {
  return runInDurableObject(
    stub,
    (_, { storage }) => storage.sql.exec("SELECT failing_since_ms FROM state").one()["failing_since_ms"],
  );
}
