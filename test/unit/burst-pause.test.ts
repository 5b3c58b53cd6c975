import { expect, test } from "vitest";
import { archived, talking } from "./archived.ts";

/** A conversation whose first message is in D1, and whose pauses are held. */
async function inBurst() {
  const { world, alice } = await talking();
  const pauses: { readonly ms: number; readonly end: () => void }[] = [];
  world.pause = (ms) => new Promise((end) => pauses.push({ ms, end }));
  alice.compose("one", "hello");
  await world.settle();
  expect(archived(world)).toEqual([1]);
  expect(pauses).toEqual([]);
  return { world, alice, pauses };
}

test("[AR6] what follows a message closely waits, and goes to D1 in one write with what came meanwhile", async () => {
  const { world, alice, pauses } = await inBurst();
  world.nowMs += 50;
  alice.compose("two", "hello");
  await world.settle();
  world.nowMs += 50;
  alice.compose("three", "hello");
  const settled = world.room.replicator.waitUntilReplicated(3);
  await world.settle();
  expect(archived(world)).toEqual([1]);
  expect(pauses.map(({ ms }) => ms)).toEqual([150]);
  const { batches } = world.d1;
  pauses[0]?.end();
  await settled;
  expect(archived(world)).toEqual([1, 2, 3]);
  expect(world.d1.batches).toBe(batches + 1);
});

test.each([
  { what: "200 ms later", laterMs: 200, expected: [] },
  { what: "199 ms later", laterMs: 199, expected: [1] },
  { what: "where the clock stepped back", laterMs: -1_000, expected: [] },
])("[AR6] a message $what pauses or goes at once", async ({ laterMs, expected }) => {
  const { world, alice, pauses } = await inBurst();
  world.nowMs += laterMs;
  alice.compose("two", "hello");
  await world.settle();
  expect(pauses.map(({ ms }) => ms)).toEqual(expected);
  expect(archived(world)).toEqual(expected.length === 0 ? [1, 2] : [1]);
});

test.each([
  { writeMs: 100, pauseMs: 400 },
  { writeMs: 5_000, pauseMs: 500 },
])("[AR6] after a write of $writeMs ms the next one waits $pauseMs ms", async ({ writeMs, pauseMs }) => {
  const { world, alice, pauses } = await inBurst();
  world.nowMs += 1_000;
  const held = Promise.withResolvers<void>();
  world.heldWrites = held.promise;
  alice.compose("two", "hello");
  await world.settle();
  world.nowMs += writeMs;
  held.resolve();
  await world.settle();
  alice.compose("three", "hello");
  await world.settle();
  expect(pauses.map(({ ms }) => ms)).toEqual([pauseMs]);
});

test("[AR2][AR6] an object that dies in the pause archives after its next start", async () => {
  const { world, alice } = await inBurst();
  alice.compose("two", "hello");
  await world.settle();
  expect(archived(world)).toEqual([1]);
  world.pause = () => Promise.resolve();
  world.restart();
  await world.room.replicator.waitUntilReplicated(2);
  expect(archived(world)).toEqual([1, 2]);
});

test("[AR6] a message that comes while the inboxes are told of the one before waits for the burst too", async () => {
  const { world, alice, pauses } = await inBurst();
  world.nowMs += 1_000;
  const told = Promise.withResolvers<void>();
  world.deliver = async () => {
    await told.promise;
    return { devices: 1, visible: true };
  };
  alice.compose("two", "hello");
  await world.settle();
  alice.compose("three", "hello");
  await world.settle();
  expect(archived(world)).toEqual([1]);
  told.resolve();
  await world.settle();
  expect(archived(world)).toEqual([1, 2]);
  expect(pauses.map(({ ms }) => ms)).toEqual([200]);
});

test("[AR6] what an outage left goes to D1 in write after write, without a pause", async () => {
  const { world, alice, pauses } = await inBurst();
  world.nowMs += 1_000;
  world.d1.isDown = true;
  for (let count = 1; count <= 60; count += 1) {
    alice.compose(`m${count}`, "x".repeat(16_000));
  }
  await world.settle();
  world.d1.isDown = false;
  const { batches } = world.d1;
  await world.ringAlarm();
  expect(archived(world)).toHaveLength(61);
  expect(world.d1.batches).toBeGreaterThan(batches + 1);
  expect(pauses).toEqual([]);
});

test("[AR2][AR6] where a socket leaves, the pause ends: nobody may be left to wake the object", async () => {
  const { world, alice } = await inBurst();
  alice.compose("two", "hello");
  await world.settle();
  expect(archived(world)).toEqual([1]);
  alice.drop(true);
  await world.settle();
  expect(archived(world)).toEqual([1, 2]);
});

test.each([
  { landsAfterMs: 1_000, expected: 0 },
  { landsAfterMs: 1_001, expected: 1 },
])(
  "[AR1][AR6] what landed $landsAfterMs ms after it was told is told again $expected times",
  async ({ landsAfterMs, expected }) => {
    const { world, alice, pauses } = await inBurst();
    const deliveries: number[] = [];
    world.deliver = async (user, { summary }) => {
      deliveries.push(...(user === "bob" ? [summary.rev] : []));
      return { devices: 1, visible: true };
    };
    const held = Promise.withResolvers<void>();
    world.nowMs += 1_000;
    world.heldWrites = held.promise;
    alice.compose("two", "hello");
    await world.settle();
    // Told while the write before it is under way: it waits for that, the pause, and a write of its own.
    alice.compose("three", "hello");
    await world.settle();
    expect(deliveries).toEqual([2, 3]);
    world.nowMs += 100;
    held.resolve();
    await world.settle();
    world.nowMs += landsAfterMs - 100;
    pauses[0]?.end();
    await world.settle();
    expect(archived(world)).toEqual([1, 2, 3]);
    expect(deliveries).toEqual([2, 3, ...Array<number>(expected).fill(3)]);
  },
);

test("[AR1][AR6] of a flush in several writes the last is told again where they together took longer", async () => {
  const { world, alice } = await inBurst();
  let deliveries = 0;
  world.deliver = async () => {
    deliveries += 1;
    return { devices: 1, visible: true };
  };
  world.nowMs += 1_000;
  const writes = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  world.heldWrites = writes[0]?.promise;
  for (let count = 1; count <= 60; count += 1) {
    alice.compose(`m${count}`, "x".repeat(16_000));
  }
  await world.settle();
  const before = deliveries;
  world.nowMs += 600;
  world.heldWrites = writes[1]?.promise;
  writes[0]?.resolve();
  await world.settle();
  expect(deliveries).toBe(before);
  world.nowMs += 600;
  writes[1]?.resolve();
  await world.settle();
  expect(archived(world)).toHaveLength(61);
  expect(deliveries).toBe(before + 2);
});

/** In a burst: what Bob's inbox is told, by text, where so many devices are. */
async function inBurstBeside(devices: number) {
  const burst = await inBurst();
  const told: string[][] = [];
  burst.world.deliver = async (user, { frames }) => {
    if (user === "bob") {
      told.push(frames.flatMap((frame) => (frame.type === "message" ? [frame.message.text] : [])));
    }
    return { devices, visible: true };
  };
  // Which tells the inboxes, so that it is known who is there.
  burst.world.nowMs += 1_000;
  burst.alice.compose("two", "two");
  await burst.world.settle();
  burst.alice.compose("three", "three");
  await burst.world.settle();
  burst.alice.compose("four", "four");
  await burst.world.settle();
  return { ...burst, told };
}

test("[IN9][AR6] in a burst an inbox where nobody is hears of it once for each write to D1, before that", async () => {
  const { world, pauses, told } = await inBurstBeside(0);
  expect(told).toEqual([["two"]]);
  const held = Promise.withResolvers<void>();
  world.heldWrites = held.promise;
  pauses[0]?.end();
  await world.settle();
  expect(told).toEqual([["two"], ["three", "four"]]);
  expect(archived(world)).toEqual([1, 2]);
  held.resolve();
  await world.settle();
  expect(archived(world)).toEqual([1, 2, 3, 4]);
});

test("[IN3][AR6] one where somebody is hears of each message at once", async () => {
  const { told } = await inBurstBeside(1);
  expect(told).toEqual([["two"], ["three"], ["four"]]);
});

test("[IN3][AR6] five seconds after nobody was there the inbox is told at once again", async () => {
  const { world, alice, told } = await inBurstBeside(0);
  world.nowMs += 5_000;
  alice.compose("five", "five");
  await world.settle();
  expect(told).toEqual([["two"], ["three", "four", "five"]]);
});

test("[IN8][AR6] what was held for a write is told where D1 is then down", async () => {
  const { world, alice, pauses, told } = await inBurstBeside(0);
  world.d1.isDown = true;
  pauses[0]?.end();
  await world.settle();
  expect(told).toEqual([["two"], ["three", "four"]]);
  alice.compose("five", "five");
  await world.settle();
  expect(told).toEqual([["two"], ["three", "four"], ["five"]]);
});

test("[IN5][AR6] whoever waits until an inbox was told does not wait for the burst", async () => {
  const { world, told } = await inBurstBeside(0);
  await world.room.notifier.notifiedSide("b");
  expect(told).toEqual([["two"], ["three", "four"]]);
});

test("[AR2][AR6] nor does it pause for what came before the socket left, while the write before was under way", async () => {
  const { world, alice, pauses } = await inBurst();
  world.nowMs += 1_000;
  const held = Promise.withResolvers<void>();
  world.heldWrites = held.promise;
  alice.compose("two", "hello");
  await world.settle();
  alice.compose("three", "hello");
  await world.settle();
  alice.drop(true);
  held.resolve();
  await world.settle();
  expect(archived(world)).toEqual([1, 2, 3]);
  expect(pauses).toEqual([]);
  // The next burst pauses again.
  alice.connect();
  alice.compose("four", "hello");
  await world.settle();
  expect(pauses.map(({ ms }) => ms)).toEqual([200]);
});

test("[IN3][AR6] an inbox whose first device came hears of the next message at once, and is told nothing where nothing is held", async () => {
  const { world, alice, told } = await inBurstBeside(0);
  await world.room.notifier.onDevicePresent("b");
  expect(told).toEqual([["two"], ["three", "four"]]);
  await world.room.notifier.onDevicePresent("b");
  expect(told).toHaveLength(2);
  alice.compose("five", "five");
  await world.settle();
  expect(told.at(-1)).toEqual(["five"]);
});
