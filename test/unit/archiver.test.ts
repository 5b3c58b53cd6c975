import { expect, test } from "vitest";
import { archived, talking } from "./archived.ts";
import { Device } from "./device.ts";
import { World } from "./world.ts";

test("[AR3] while D1 answers no alarm is set", async () => {
  const { world, alice } = await talking();
  alice.compose("one", "hello");
  await world.settle();
  expect(world.alarmAtMs).toBeUndefined();
  expect(archived(world)).toEqual([1]);
});

test("[AR3] failed flushes are repeated from 1 s up to 5 minutes apart, across restarts, until one lands", async () => {
  const { world, alice } = await talking();
  world.d1.isDown = true;
  alice.compose("one", "hello");
  await world.settle();
  const delaysMs: number[] = [];
  for (let tries = 0; tries < 14; tries += 1) {
    delaysMs.push((world.alarmAtMs ?? 0) - world.nowMs);
    // Between alarms the object sleeps and forgets: the log remembers since when it fails.
    const alarmAtMs = world.alarmAtMs;
    world.restart();
    world.alarmAtMs = alarmAtMs;
    await world.ringAlarm();
    await world.settle();
  }
  expect(delaysMs.slice(0, 6)).toEqual([1_000, 1_000, 2_000, 4_000, 8_000, 16_000]);
  expect(Math.max(...delaysMs)).toBe(300_000);
  world.d1.isDown = false;
  await world.ringAlarm();
  await world.settle();
  expect(archived(world)).toEqual([1]);
  expect(world.alarmAtMs).toBeUndefined();
  expect(world.room.sequencer.state.failingSinceMs).toBeNull();
});

test("[AR2] while an alarm waits, new messages do not knock at a D1 that is down; the alarm takes them along", async () => {
  const { world, alice } = await talking();
  world.d1.isDown = true;
  alice.compose("one", "hello");
  await world.settle();
  const failures = world.reports.length;
  alice.compose("two", "still there?");
  await world.settle();
  expect(world.reports).toHaveLength(failures);
  world.d1.isDown = false;
  await world.ringAlarm();
  expect(archived(world)).toEqual([1, 2]);
});

test("[CO2] an outage sets no alarm for a conversation that is only looked at", async () => {
  const world = new World();
  world.d1.isDown = true;
  new Device(world, "a").connect();
  await world.settle();
  expect(world.alarmAtMs).toBeUndefined();
  expect(world.storage.writes).toBe(0);
});

test("[AR2] settled returns once the revision is archived, or an alarm will see to it", async () => {
  const { world, alice } = await talking();
  alice.compose("one", "hello");
  await world.settle();
  alice.compose("two", "again");
  world.turn();
  expect(archived(world)).toEqual([1]);
  await world.room.replicator.waitUntilReplicated(2);
  expect(archived(world)).toEqual([1, 2]);
  world.d1.isDown = true;
  alice.compose("three", "and again");
  world.turn();
  await world.room.replicator.waitUntilReplicated(3);
  expect(archived(world)).toEqual([1, 2]);
  expect(world.alarmAtMs).toBeGreaterThan(world.nowMs);
});

test("[AR4] a flush that is cut into many writes lands whole, its summary true at each step", async () => {
  const { world, alice } = await talking();
  world.d1.isDown = true;
  for (let count = 1; count <= 60; count += 1) {
    alice.compose(`m${count}`, "x".repeat(16_000));
  }
  await world.settle();
  world.d1.isDown = false;
  world.d1.answersLeft = 3;
  await world.ringAlarm();
  const [summary] = world.d1.rows("SELECT rev, head, count_a FROM conversations");
  const held = archived(world).length;
  expect(held).toBeGreaterThan(0);
  expect(held).toBeLessThan(60);
  expect(summary).toEqual({ rev: held, head: held, count_a: held });
  world.d1.answersLeft = undefined;
  await world.ringAlarm();
  expect(archived(world)).toHaveLength(60);
});

test("[AR2] nobody waits for the archive of a record that has nothing", async () => {
  const world = new World();
  world.d1.isDown = true;
  await world.room.replicator.waitUntilReplicated(5);
  expect(world.reports).toEqual([]);
});

test("[MK1][AR5] a read cursor that only the archive knows comes back with the comparison", async () => {
  const { world, alice } = await talking();
  alice.compose("one", "hello");
  await world.settle();
  world.room.read("b", 1, () => {});
  await world.settle();
  world.room.sequencer.saveState({ read: { a: 0, b: 0 } });
  world.restart();
  world.room.replicator.schedule();
  await world.settle();
  expect(world.room.sequencer.state.read).toEqual({ a: 0, b: 1 });
});
