import { expect, test } from "vitest";
import { setFlagsFor, forwardFor, replayFor } from "../../src/conversation/rpc-handlers.ts";
import { serverFrameSchema, type ServerFrame } from "../../src/protocol/server-frame.ts";
import type { Side } from "../../src/protocol/pair.ts";
import { pair, World } from "./world.ts";
import type { InboxNotification } from "../../src/rpc/inbox.ts";
import { summaryOf } from "../../src/conversation/sequencer.ts";

interface Scene {
  readonly world: World;
  /** What the inboxes of both are told. */
  readonly told: Readonly<Record<Side, InboxNotification[]>>;
  readonly open: (side: Side) => {
    readonly frames: ServerFrame[];
    readonly connection: ReturnType<World["connect"]>;
  };
}

/** Ten messages of both, Alice has read three and has four. */
async function talking(): Promise<Scene> {
  const world = new World();
  const told: Record<Side, InboxNotification[]> = { a: [], b: [] };
  world.deliver = async (user, delivery) => {
    told[user === pair.a ? "a" : "b"].push(delivery);
    return { devices: 1, visible: true };
  };
  const open = (side: Side) => {
    const frames: ServerFrame[] = [];
    const end = {
      frame: (text: string) => void frames.push(serverFrameSchema.parse(JSON.parse(text))),
      closed: () => {},
    };
    return { connection: world.connect(side, end), frames };
  };
  for (let nth = 1; nth <= 10; nth += 1) {
    world.room.write(
      nth % 2 === 0 ? "a" : "b",
      { type: "send", id: `m${nth}`, text: `text ${nth}` },
      () => {},
    );
  }
  world.room.read("a", 3, () => {});
  world.room.marks.markInInbox("a", 4, true);
  await world.settle();
  return { world, told, open };
}

async function setBlock(world: World, side: Side, blocked: boolean): Promise<void> {
  void setFlagsFor(world.room, pair[side], { blocked });
  await world.settle();
}

function summary({ room }: World, side: Side) {
  return summaryOf({ sequencer: room.sequencer, pair }, side);
}

const isTyping = ({ type }: { readonly type: string }) => type === "typing";
const isMark = ({ type }: { readonly type: string }) => type === "read" || type === "delivered";

test("[BL3][MK2] marks of who blocks move for their own devices and inbox alone, by whatever way they are made", async () => {
  const { world, told, open } = await talking();
  await setBlock(world, "a", true);
  const [alice, bob] = [open("a"), open("b")];
  await world.settle();
  const before = { frames: bob.frames.length, deliveries: told.b.length };
  world.frame(alice.connection, { type: "delivered", seq: 6 });
  world.frame(alice.connection, { type: "read", seq: 6 });
  await world.settle();
  void forwardFor(world.room, pair.a, [
    { type: "delivered", seq: 8 },
    { type: "read", seq: 7 },
  ]);
  void replayFor(world.room, pair.a, 9);
  await world.settle();
  world.room.disconnect(alice.connection, 1000, "");
  world.room.disconnect(open("a").connection, 1000, "");
  await world.settle();
  expect(bob.frames).toHaveLength(before.frames);
  expect(told.b).toHaveLength(before.deliveries);
  expect(alice.frames.filter(isMark)).toEqual([
    { type: "delivered", user: pair.a, seq: 6 },
    { type: "read", user: pair.a, seq: 6 },
    { type: "delivered", user: pair.a, seq: 8 },
    { type: "read", user: pair.a, seq: 7 },
    { type: "delivered", user: pair.a, seq: 9 },
  ]);
  expect(told.a.flatMap(({ frames }) => frames).filter(isMark)).toEqual(
    expect.arrayContaining(alice.frames.filter(isMark)),
  );
  expect(summary(world, "a")).toMatchObject({ read: { you: 7 }, blocked: true });
  expect(summary(world, "b")).toMatchObject({ read: { peer: 3 }, blocked: false });
});

test("[BL3][SO2] ready and synced show the marks of who blocks where the read mark was at the block, after a restart too", async () => {
  const { world, open } = await talking();
  await setBlock(world, "a", true);
  world.room.read("a", 9, () => {});
  await world.settle();
  for (const restarted of [false, true]) {
    if (restarted) {
      world.restart();
    }
    expect(open("b").frames).toMatchObject([
      { type: "ready", read: { you: 0, peer: 3 }, delivered: { peer: 3 } },
    ]);
    const synced = replayFor(world.room, pair.b, undefined);
    await world.settle();
    expect((await synced).frames).toMatchObject([{ read: { peer: 3 }, delivered: { peer: 3 } }]);
    expect(open("a").frames).toMatchObject([{ type: "ready", read: { you: 9, peer: 0 } }]);
  }
});

test("[BL3] a block that is lifted tells where the marks are now, to the other's devices and inbox", async () => {
  const { world, told, open } = await talking();
  await setBlock(world, "a", true);
  const [alice, bob] = [open("a"), open("b")];
  world.frame(alice.connection, { type: "read", seq: 5 });
  world.frame(alice.connection, { type: "delivered", seq: 8 });
  await world.settle();
  told.b.length = 0;
  await setBlock(world, "a", false);
  const marks = [
    { type: "read", user: pair.a, seq: 5 },
    { type: "delivered", user: pair.a, seq: 8 },
  ];
  expect(bob.frames.filter(isMark)).toEqual(marks);
  expect(told.b.flatMap(({ frames }) => frames)).toEqual(marks);
  expect(told.b.at(-1)?.summary).toMatchObject({ read: { peer: 5 }, blocked: false });
  expect(open("b").frames).toMatchObject([{ type: "ready", read: { peer: 5 }, delivered: { peer: 8 } }]);
});

test("[BL3] in one turn the order of arrival decides between a read mark and a block", async () => {
  const { world, open } = await talking();
  const bob = open("b");
  world.room.read("a", 4, () => {});
  world.room.setFlags("a", { blocked: true }, () => {});
  world.room.read("a", 6, () => {});
  await world.settle();
  expect(bob.frames.filter(isMark)).toEqual([{ type: "read", user: pair.a, seq: 4 }]);
  world.room.setFlags("a", { blocked: false }, () => {});
  world.room.setFlags("a", { blocked: true }, () => {});
  world.room.read("a", 8, () => {});
  await world.settle();
  expect(bob.frames.filter(({ type }) => type === "read").at(-1)).toMatchObject({ seq: 6 });
  expect(summary(world, "b").read.peer).toBe(6);
});

test("[BL3] typing passes neither way while either blocks, and again when neither does", async () => {
  const { world, told, open } = await talking();
  const [alice, bob] = [open("a"), open("b")];
  const typing = async () => {
    const from = { alice: alice.frames.length, bob: bob.frames.length, a: told.a.length, b: told.b.length };
    world.frame(alice.connection, { type: "typing", on: true });
    world.frame(bob.connection, { type: "typing", on: true });
    void forwardFor(world.room, pair.a, [{ type: "typing", on: true }]);
    void forwardFor(world.room, pair.b, [{ type: "typing", on: true }]);
    await world.settle();
    const frames = [...alice.frames.slice(from.alice), ...bob.frames.slice(from.bob)];
    const deliveries = [...told.a.slice(from.a), ...told.b.slice(from.b)];
    return [frames.filter(isTyping).length, deliveries.flatMap((one) => one.frames).filter(isTyping).length];
  };
  expect(await typing()).toEqual([4, 4]);
  for (const blocker of ["a", "b"] as const) {
    await setBlock(world, blocker, true);
    expect(await typing()).toEqual([0, 0]);
  }
  await setBlock(world, "a", false);
  expect(await typing()).toEqual([0, 0]);
  await setBlock(world, "b", false);
  expect(await typing()).toEqual([4, 4]);
});

test.each(["slow", "down for a while"])(
  "[BL3][IN8] where D1 is %s the blocked user's inbox is not told because the other read or came",
  async (fault) => {
    const { world, told, open } = await talking();
    await setBlock(world, "a", true);
    told.b.length = 0;
    told.a.length = 0;
    const held = Promise.withResolvers<void>();
    if (fault === "slow") {
      world.heldWrites = held.promise;
    } else {
      world.d1.isDown = true;
    }
    const { connection } = open("a");
    world.frame(connection, { type: "read", seq: 9 });
    await world.settle();
    world.nowMs += 2_000;
    held.resolve();
    world.d1.isDown = false;
    await world.ringAlarm();
    await world.settle();
    expect(world.d1.rows("SELECT read_a FROM conversations")).toEqual([{ read_a: 9 }]);
    expect(world.alarmAtMs).toBeUndefined();
    expect(told.b).toEqual([]);
    expect(told.a.at(-1)?.summary).toMatchObject({ read: { you: 9 } });
    expect(told.a.length).toBeGreaterThan(1);
  },
);
