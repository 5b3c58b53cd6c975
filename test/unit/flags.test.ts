import { expect, test } from "vitest";
import { noFlags, reconciledFlags, updatedFlags } from "../../src/model/flags.ts";
import { setFlagsFor } from "../../src/conversation/rpc-handlers.ts";
import type { Side } from "../../src/protocol/pair.ts";
import type { FlagsBody } from "../../src/protocol/rest.ts";
import { Device } from "./device.ts";
import { pair, World } from "./world.ts";
import { summaryOf } from "../../src/conversation/sequencer.ts";

async function talking(): Promise<{ world: World; alice: Device }> {
  const world = new World();
  const alice = new Device(world, "a");
  alice.connect();
  alice.compose("one", "hello");
  await world.settle();
  return { world, alice };
}

function setFlags(world: World, side: Side, update: FlagsBody): void {
  world.room.setFlags(side, update, () => {});
}

const flagsOf = (world: World) => world.room.sequencer.state.flags;
const archivedFlags = (world: World) =>
  world.d1.rows("SELECT state, muted_a, muted_b, archived_a, archived_b FROM conversations")[0];

test("[LS8] each side has its own flags; `state` counts what really changes", async () => {
  const { world } = await talking();
  setFlags(world, "a", { muted: true });
  setFlags(world, "b", { archived: true });
  setFlags(world, "b", { archived: true, muted: false });
  await world.settle();
  expect(flagsOf(world)).toMatchObject({
    state: 2,
    muted: { a: true, b: false },
    archived: { a: false, b: true },
  });
  const { sequencer } = world.room;
  expect(summaryOf({ sequencer, pair }, "a")).toMatchObject({ state: 2, muted: true, archived: false });
  expect(summaryOf({ sequencer, pair }, "b")).toMatchObject({ state: 2, muted: false, archived: true });
});

test("[LS8] flags are durable, and in D1 without a message", async () => {
  const { world } = await talking();
  setFlags(world, "b", { muted: true });
  await world.settle();
  expect(archivedFlags(world)).toEqual({ state: 1, muted_a: 0, muted_b: 1, archived_a: 0, archived_b: 0 });
  world.restart();
  expect(flagsOf(world)).toMatchObject({ state: 1, muted: { a: false, b: true } });
});

test("[LS8] flags that change nothing write nothing", async () => {
  const { world } = await talking();
  const writes = world.storage.writes;
  setFlags(world, "a", { muted: false, archived: false });
  await world.settle();
  expect(world.storage.writes).toBe(writes);
  expect(flagsOf(world).state).toBe(0);
});

test("[LS8][BL4][AR5] what a restored record is told before it can ask D1 is set on top of what D1 has", () => {
  const muted = updatedFlags(noFlags, "b", { muted: true }, 0);
  const archived = updatedFlags(updatedFlags(muted, "b", { archived: true }, 0), "a", { muted: true }, 0);
  const own = updatedFlags(noFlags, "a", { blocked: true }, 2);
  expect(reconciledFlags(noFlags, own, archived)).toEqual({
    ...archived,
    state: 4,
    blocked: { a: 2, b: null },
  });
  expect(reconciledFlags(noFlags, noFlags, archived)).toBe(archived);
  expect(reconciledFlags(muted, updatedFlags(muted, "b", { muted: false }, 0), muted)).toMatchObject({
    state: 2,
    muted: { a: false, b: false },
  });
  const sameCount = updatedFlags(noFlags, "b", { archived: true }, 0);
  expect(reconciledFlags(noFlags, own, sameCount)).toMatchObject({
    state: 2,
    blocked: { a: 2 },
    archived: { b: true },
  });
});

test("[LS9] a new message brings the conversation back for both, a retry of an old one does not; muted stays", async () => {
  const { world, alice } = await talking();
  setFlags(world, "a", { archived: true });
  setFlags(world, "b", { archived: true, muted: true });
  await world.settle();
  alice.repeat({ type: "send", id: "one", text: "hello" }, 0);
  await world.settle();
  expect(flagsOf(world)).toMatchObject({ state: 2, archived: { a: true, b: true } });
  alice.compose("two", "are you there?");
  await world.settle();
  expect(flagsOf(world)).toMatchObject({
    state: 3,
    muted: { a: false, b: true },
    archived: { a: false, b: false },
  });
  expect(archivedFlags(world)).toMatchObject({ state: 3, archived_a: 0, archived_b: 0, muted_b: 1 });
});

test("[LS9] in one turn the order of arrival decides between a message and an archiving", async () => {
  const { world, alice } = await talking();
  alice.compose("two", "first");
  setFlags(world, "b", { archived: true });
  await world.settle();
  expect(flagsOf(world).archived.b).toBe(true);
  setFlags(world, "a", { archived: true });
  alice.compose("three", "last");
  await world.settle();
  expect(flagsOf(world).archived).toEqual({ a: false, b: false });
  world.restart();
  expect(flagsOf(world).archived).toEqual({ a: false, b: false });
});

test("[LS9] a message that the storage refuses brings nothing back, and flags of its turn stand", async () => {
  const { world, alice } = await talking();
  setFlags(world, "a", { archived: true });
  await world.settle();
  setFlags(world, "b", { muted: true });
  world.storage.poison = "poisoned";
  alice.compose("poisoned", "never stored");
  setFlags(world, "b", { archived: true });
  await world.settle();
  const expected = { state: 3, muted: { a: false, b: true }, archived: { a: true, b: true } };
  expect(alice.refused).toEqual(["internal"]);
  expect(flagsOf(world)).toMatchObject(expected);
  world.restart();
  expect(flagsOf(world)).toMatchObject(expected);
});

test("[LS8][AR3] flags of an outage land with the alarm, also before the first message", async () => {
  const world = new World();
  world.d1.isDown = true;
  setFlags(world, "a", { muted: true });
  await world.settle();
  expect(world.alarmAtMs).toBeGreaterThan(world.nowMs);
  world.d1.isDown = false;
  await world.ringAlarm();
  await world.settle();
  expect(archivedFlags(world)).toMatchObject({ state: 1, muted_a: 1 });
  expect(world.alarmAtMs).toBeUndefined();
  expect(world.record).toEqual([]);
});

test("[LS8] settled waits for flags and read cursors, whatever rev it names", async () => {
  const { world } = await talking();
  setFlags(world, "a", { muted: true });
  world.room.read("b", 1, () => {});
  world.turn();
  await world.room.replicator.waitUntilReplicated(0);
  expect(archivedFlags(world)).toMatchObject({ state: 1, muted_a: 1 });
  expect(world.d1.rows("SELECT read_b FROM conversations")).toEqual([{ read_b: 1 }]);
});

test("[AR5][LS8] a restored record takes newer flags back from D1", async () => {
  const { world } = await talking();
  setFlags(world, "a", { muted: true });
  await world.settle();
  const older = world.storage.dump();
  setFlags(world, "a", { archived: true });
  await world.settle();
  world.storage.restore(older);
  world.restart();
  expect(flagsOf(world).state).toBe(1);
  world.room.replicator.schedule();
  await world.settle();
  expect(flagsOf(world)).toMatchObject({ state: 2, muted: { a: true }, archived: { a: true } });
  world.restart();
  expect(flagsOf(world).state).toBe(2);
});

test("[AR5][LS8] a flag set in a restored record stands on those that D1 has, and is not lost against them", async () => {
  const { world } = await talking();
  const older = world.storage.dump();
  setFlags(world, "a", { muted: true });
  setFlags(world, "b", { archived: true });
  await world.settle();
  world.storage.restore(older);
  world.restart();
  const reply = setFlagsFor(world.room, pair.a, { archived: true });
  await world.settle();
  expect(await reply).toMatchObject({ ok: true, summary: { state: 3, muted: true, archived: true } });
  await world.room.replicator.waitUntilReplicated(0);
  expect(archivedFlags(world)).toEqual({ state: 3, muted_a: 1, muted_b: 0, archived_a: 1, archived_b: 1 });
});

test("[AR5][LS8] a record that lost everything takes flags and messages back from D1", async () => {
  const { world } = await talking();
  setFlags(world, "b", { muted: true });
  await world.settle();
  world.storage.restore([]);
  world.restart();
  await world.room.waitUntilKnown();
  await world.settle();
  expect(world.record.map(({ id }) => id)).toEqual(["one"]);
  expect(flagsOf(world)).toMatchObject({ state: 1, muted: { a: false, b: true } });
});

test("[AR4][LS8] an archive that was set back gets the flags again", async () => {
  const { world } = await talking();
  setFlags(world, "b", { archived: true });
  const older = world.d1.dump();
  await world.settle();
  world.d1.restore(older);
  world.restart();
  world.room.replicator.schedule();
  await world.settle();
  expect(archivedFlags(world)).toMatchObject({ state: 1, archived_b: 1 });
});

test("[LS2][AR4] a flush in many writes never shows a read cursor above the head or an unread below zero", async () => {
  const { world, alice } = await talking();
  world.d1.isDown = true;
  const bob = new Device(world, "b");
  bob.connect();
  for (let nth = 1; nth <= 40; nth += 1) {
    (nth % 3 === 0 ? bob : alice).compose(`m${nth}`, "x".repeat(16_000));
  }
  await world.settle();
  const { head } = world.room.sequencer.position;
  world.room.read("a", head, () => {});
  world.room.read("b", head - 5, () => {});
  await world.settle();
  world.d1.isDown = false;
  const seen: number[] = [];
  for (let answers = 2; seen.at(-1) !== head && answers < 40; answers += 1) {
    world.d1.answersLeft = 2;
    await world.ringAlarm();
    world.d1.answersLeft = undefined;
    const [row] = world.d1.rows(
      `SELECT head, read_a, read_b, head - count_a - read_count_a AS unread_a, count_a - read_count_b AS unread_b FROM conversations`,
    );
    const archived = Number(row?.["head"]);
    const unreadOf = (author: Side, read: number) =>
      world.record.filter(
        (message) => message.author === author && message.seq > read && message.seq <= archived,
      ).length;
    expect(row).toEqual({
      head: archived,
      read_a: Math.min(archived, head),
      read_b: Math.min(archived, head - 5),
      unread_a: unreadOf("b", head),
      unread_b: unreadOf("a", head - 5),
    });
    seen.push(archived);
  }
  expect(new Set(seen).size).toBeGreaterThan(2);
  expect(seen.at(-1)).toBe(head);
});
