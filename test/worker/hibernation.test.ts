import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { env, tokenFor } from "./clients.ts";
import type { Device } from "./device.ts";
import { faultyD1, type FaultyD1 } from "./faulty-d1.ts";
import { pairUnderTest, type PairUnderTest } from "./pair-under-test.ts";
import { meterRows } from "./rows.ts";
import { alarmOf, archived, archiveRows, recordRows } from "./stored.ts";

const daySeconds = 86_400;

let pair: PairUnderTest;
let faulty: FaultyD1;

beforeEach(() => {
  pair = pairUnderTest();
  faulty = faultyD1(env.DB, "well", 9);
});

afterEach(() => {
  faulty.restore();
});

test("[SE2][SE4] over the same sockets a conversation goes on when its object sleeps amid the messages", async () => {
  const devices = await connectAll();
  for (let round = 0; round < 6; round += 1) {
    sendFrom(devices, 2 * round);
    await devices[0].until(() => devices[0].log.size > 18 * round);
    sendFrom(devices, 2 * round + 1);
    await evictDurableObject(pair.stub);
    await Promise.all(devices.map((device) => device.acknowledged()));
  }
  expect(await oneLogOf(devices, 12 * 9)).toEqual({ seqs: upTo(12 * 9), differing: [] });
  for (const device of devices) {
    expect(device.frames.filter((frame) => frame.type === "ready")).toHaveLength(1);
    expect(device.shown.map((message) => message.seq)).toEqual(upTo(12 * 9));
  }
});

test("[SE2][SE4][SE5][RP2] over new sockets a conversation goes on when its object was lost amid the messages", async () => {
  const devices = await connectAll();
  for (let round = 0; round < 6; round += 1) {
    sendFrom(devices, 2 * round);
    await devices[0].until(() => devices[0].log.size > 18 * round);
    sendFrom(devices, 2 * round + 1);
    await evictDurableObject(pair.stub, { webSockets: "close" });
    await reconnectAll(devices);
  }
  expect(await oneLogOf(devices, 12 * 9)).toEqual({ seqs: upTo(12 * 9), differing: [] });
});

test("[SE2][SE4][SE5][RP2] over new sockets a conversation goes on when its object was killed amid the messages", async () => {
  const devices = await connectAll();
  for (let round = 0; round < 6; round += 1) {
    sendFrom(devices, 2 * round);
    await devices[0].until(() => devices[0].log.size > 18 * round);
    sendFrom(devices, 2 * round + 1);
    await abortAllDurableObjects();
    await reconnectAll(devices);
  }
  expect(await oneLogOf(devices, 12 * 9)).toEqual({ seqs: upTo(12 * 9), differing: [] });
});

test("[AR2] an object that was killed before it could archive does so when its alarm rings", async () => {
  await killedBeforeArchiving();
  await archived(env, ...pair.users, 3);
  const rows = await recordRows(pair.stub);
  expect(rows.map((row) => row.text)).toEqual(["text 1", "text 2", "text 3"]);
  expect(await archiveRows(env, ...pair.users)).toEqual(rows);
  expect(await alarmOf(pair.stub)).toBeNull();
});

test("[AR2] an object that was killed before it could archive does so when somebody looks", async () => {
  await killedBeforeArchiving();
  await runInDurableObject(pair.stub, (_, { storage }) => storage.deleteAlarm());
  expect((await pair.call(pair.users[1], "GET", "")).status).toBe(200);
  await pair.stub.waitUntilReplicated(3);
  expect(await archiveRows(env, ...pair.users)).toHaveLength(3);
});

test("[MK4] delivery marks outlive sleep, and are kept when the socket leaves", async () => {
  const [alice, bob, tablet] = await connectAll();
  tablet.disconnect();
  alice.send("hello");
  await bob.until(() => bob.log.size === 1);
  bob.delivered(1);
  await alice.until(() => alice.frames.some((frame) => frame.type === "delivered" && frame.seq === 1));
  await evictDurableObject(pair.stub);
  const late = pair.device(pair.users[0]);
  await late.connect();
  expect(late.ready?.delivered).toEqual({ you: 0, peer: 1 });
  bob.disconnect();
  await alice.until(() => alice.frames.some((frame) => frame.type === "presence" && !frame.online));
  await evictDurableObject(pair.stub);
  const later = pair.device(pair.users[0]);
  await later.connect();
  expect(later.ready?.delivered).toEqual({ you: 0, peer: 1 });
});

test("[SO5] a token's end, first or fresh, outlives sleep", async () => {
  const [alice, bob] = await connectAll();
  alice.auth(await tokenFor(pair.users[0], 10 * daySeconds));
  // Frames behind it wait for the verdict, so an ack shows that it fell.
  alice.send("hello");
  await alice.acknowledged();
  await evictDurableObject(pair.stub);
  const nowMs = Date.now();
  const clock = vi.spyOn(Date, "now").mockImplementation(() => nowMs + 2 * daySeconds * 1_000);
  onTestFinished(() => clock.mockRestore());
  alice.send("still here");
  await bob.until(() => !bob.isOpen);
  await alice.acknowledged();
  expect(bob.closeCode).toBe(4402);
  expect(bob.texts).not.toContain("still here");
  expect(alice.isOpen).toBe(true);
});

test("[CO3] a quiet conversation has no alarm, and its object's second start and an idle socket write nothing", async () => {
  const [alice, bob] = await connectAll();
  alice.send("hello");
  await bob.until(() => bob.log.size === 1);
  await pair.stub.waitUntilReplicated(1);
  const meter = await meterRows(env.DB, pair.stub);
  onTestFinished(meter.restore);
  const cost = await meter.cost(async () => {
    await evictDurableObject(pair.stub);
    bob.typing(true);
    await alice.until(() => alice.frames.some((frame) => frame.type === "typing"));
    await pair.stub.waitUntilReplicated(1);
    await evictDurableObject(pair.stub);
    await pair.call(pair.users[0], "GET", "/messages?before=2");
  });
  expect(cost).toMatchObject({ objectWritten: 0, archiveWritten: 0 });
  expect(await alarmOf(pair.stub)).toBeNull();
});

/** Three messages that D1 did not take, and then the object's end. D1 is well again. */
async function killedBeforeArchiving(): Promise<void> {
  faulty.mode = "down";
  for (let nth = 1; nth <= 3; nth += 1) {
    await pair.call(pair.users[0], "POST", "/messages", { id: `id-${nth}`, text: `text ${nth}` });
  }
  await abortAllDurableObjects();
  faulty.mode = "well";
}

async function reconnectAll(devices: readonly Device[]): Promise<void> {
  await Promise.all(devices.map((device) => device.until(() => !device.isOpen)));
  await Promise.all(devices.map((device) => device.connect()));
}

async function connectAll(): Promise<[Device, Device, Device]> {
  const [a, b] = pair.users;
  const devices: [Device, Device, Device] = [pair.device(a), pair.device(b), pair.device(b)];
  await Promise.all(devices.map((device) => device.connect()));
  return devices;
}

/** Three messages of each device, all under way at once. */
function sendFrom(devices: readonly Device[], round: number): void {
  for (let nth = 0; nth < 3; nth += 1) {
    devices.forEach((device, index) => device.send(`round ${round}, device ${index}, message ${nth}`));
  }
}

/** The numbers in the object once everybody is done, and what differs between it, the devices, all they were shown, and D1. */
async function oneLogOf(devices: readonly Device[], count: number) {
  await Promise.all(devices.map((device) => device.acknowledged()));
  await Promise.all(devices.map((device) => device.until(() => device.log.size === count)));
  const rows = await recordRows(pair.stub);
  await archived(env, ...pair.users, count);
  const inArchive = await archiveRows(env, ...pair.users);
  const differing = [
    ...rows.filter((row, index) => JSON.stringify(row) !== JSON.stringify(inArchive[index])),
    ...rows.filter((row) => devices.some((device) => device.log.get(row.seq)?.id !== row.id)),
    ...devices.flatMap((device) => device.notIn(rows)),
  ];
  return { seqs: rows.map((row) => row.seq), differing };
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
