import { expect, test } from "vitest";
import { World } from "./world.ts";
import type { InboxNotification } from "../../src/rpc/inbox.ts";

/** A conversation with a message, whose inboxes note what they are told, or fail. */
async function talking() {
  const world = new World();
  const inboxes = { fail: false, told: [] as (InboxNotification & { readonly user: string })[] };
  world.deliver = async (user, delivery) => {
    if (inboxes.fail) {
      throw new Error("the inbox cannot be reached");
    }
    inboxes.told.push({ ...delivery, user });
    return { devices: 1, visible: true };
  };
  world.room.write("a", { type: "send", id: "one", text: "hello" }, () => undefined);
  await world.settle();
  return { world, inboxes };
}

test("[IN8][AR3] a message that no inbox could be told sets the alarm, which tells it with its frame and is cleared", async () => {
  const { world, inboxes } = await talking();
  inboxes.fail = true;
  world.room.write("b", { type: "send", id: "two", text: "hello yourself" }, () => undefined);
  await world.settle();
  expect(world.d1.rows("SELECT seq FROM messages")).toHaveLength(2);
  expect(world.alarmAtMs).toBeGreaterThan(world.nowMs);
  inboxes.fail = false;
  inboxes.told.length = 0;
  await world.ringAlarm();
  await world.settle();
  const frames = inboxes.told.flatMap((delivery) => delivery.frames);
  expect(frames.map((frame) => frame.type === "message" && frame.message.text)).toEqual([
    "hello yourself",
    "hello yourself",
  ]);
  expect(world.alarmAtMs).toBeUndefined();
});

test.each([
  ["mute", { muted: true }],
  ["block", { blocked: true }],
])("[IN8][LS8][BL4] a %s that no inbox could be told is told by the alarm", async (_, wishes) => {
  const { world, inboxes } = await talking();
  inboxes.fail = true;
  world.room.setFlags("a", wishes, () => undefined);
  await world.settle();
  expect(world.alarmAtMs).toBeGreaterThan(world.nowMs);
  inboxes.fail = false;
  await world.ringAlarm();
  await world.settle();
  const last = inboxes.told.findLast(({ user }) => user === "alice");
  expect(last?.summary).toMatchObject({ ...wishes, state: 1 });
  expect(world.alarmAtMs).toBeUndefined();
});

test("[IN8] an alarm that finds the inboxes still away is set again, and not before what it waits for", async () => {
  const { world, inboxes } = await talking();
  inboxes.fail = true;
  world.room.read("b", 1, () => undefined);
  await world.settle();
  const firstMs = world.alarmAtMs ?? 0;
  await world.ringAlarm();
  await world.settle();
  expect(world.alarmAtMs).toBeGreaterThan(firstMs);
});

test("[IN8][AR1] a turn is acknowledged and archived while an inbox hangs, and the next is told without waiting for it for ever", async () => {
  const { world, inboxes } = await talking();
  const deliver = world.deliver;
  world.deliver = () => new Promise(() => {});
  const settled: string[] = [];
  world.room.write(
    "a",
    { type: "send", id: "two", text: "still there?" },
    ({ kind }) => void settled.push(kind),
  );
  await world.settle();
  expect(settled).toEqual(["stored"]);
  world.deliver = deliver;
  inboxes.told.length = 0;
  world.nowMs += 5_001;
  world.room.write("a", { type: "send", id: "three", text: "hello?" }, ({ kind }) => void settled.push(kind));
  await world.settle();
  const frames = inboxes.told.filter(({ user }) => user === "bob").flatMap((delivery) => delivery.frames);
  expect(frames.map((frame) => frame.type === "message" && frame.message.text)).toEqual([
    "still there?",
    "hello?",
  ]);
});

test("[IN8] a message that came while a call about nothing durable was under way sets the alarm where that call breaks", async () => {
  const { world, inboxes } = await talking();
  const broken = Promise.withResolvers<never>();
  const { deliver } = world;
  // Only Bob's inbox hears of it.
  world.deliver = (user, delivery) => (user === "bob" ? broken.promise : deliver(user, delivery));
  world.room.typing.onTyping("a", true);
  await world.settle();
  world.room.write("a", { type: "send", id: "two", text: "in between" }, () => undefined);
  await world.settle();
  broken.reject(new Error("the inbox was reset"));
  await world.settle();
  expect(world.alarmAtMs).toBeGreaterThan(world.nowMs);
  world.deliver = deliver;
  inboxes.told.length = 0;
  await world.ringAlarm();
  await world.settle();
  const texts = inboxes.told.flatMap(({ frames }) =>
    frames.map((frame) => frame.type === "message" && frame.message.text),
  );
  expect(texts).toContain("in between");
  expect(world.alarmAtMs).toBeUndefined();
});
