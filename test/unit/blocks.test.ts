import { expect, test } from "vitest";
import { noFlags } from "../../src/model/flags.ts";
import { writeChanges } from "../../src/archive/write.ts";
import { setFlagsFor, writeFor } from "../../src/conversation/rpc-handlers.ts";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import type { Side } from "../../src/protocol/pair.ts";
import { serverFrameSchema, type ServerFrame } from "../../src/protocol/server-frame.ts";
import { pair, World } from "./world.ts";
import type { SendResult } from "../../src/rpc/conversation.ts";
import type { InboxNotification } from "../../src/rpc/inbox.ts";
import { summaryOf } from "../../src/conversation/sequencer.ts";

/** Two messages of each, archived. */
async function talking(): Promise<World> {
  const world = new World();
  for (const [nth, side] of (["a", "b", "a", "b"] as const).entries()) {
    world.room.write(side, send(`m${nth + 1}`), () => {});
  }
  await world.settle();
  return world;
}

function send(id: string): WriteFrame {
  return { type: "send", id, text: `text ${id}` };
}

async function write(world: World, side: Side, frame: WriteFrame): Promise<SendResult> {
  const reply = writeFor(world.room, pair[side], frame);
  await world.settle();
  return reply;
}

function like(id: string, seq: number, on: boolean): WriteFrame {
  return { type: "react", id, seq, emoji: "👍", on };
}

/** What became of it: stored, repeated, or why not. */
async function outcome(world: World, side: Side, frame: WriteFrame): Promise<string> {
  const reply = await write(world, side, frame);
  if (!reply.ok) {
    return reply.refusal.code;
  }
  return reply.repeated ? "repeated" : "stored";
}

async function setBlock(world: World, side: Side, blocked: boolean): Promise<void> {
  const reply = setFlagsFor(world.room, pair[side], { blocked });
  await world.settle();
  expect(await reply).toMatchObject({ ok: true, summary: { you: pair[side], blocked } });
}

const archivedBlocks = ({ d1 }: World) => d1.rows("SELECT state, blocked_a, blocked_b FROM conversations")[0];
const blocksOf = ({ room }: World) => room.sequencer.state.flags;

test("[BL1][BL2] blocks are per direction: with one or both of them each may send who is not blocked", async () => {
  const world = await talking();
  const mayWrite = async (round: string) => [
    await outcome(world, "a", send(`${round} of a`)),
    await outcome(world, "b", send(`${round} of b`)),
  ];
  await setBlock(world, "a", true);
  expect(await mayWrite("one")).toEqual(["stored", "blocked"]);
  await setBlock(world, "b", true);
  expect(await mayWrite("two")).toEqual(["blocked", "blocked"]);
  await setBlock(world, "a", false);
  expect(await mayWrite("three")).toEqual(["blocked", "stored"]);
  await setBlock(world, "b", false);
  expect(await mayWrite("four")).toEqual(["stored", "stored"]);
});

test("[BL2] who is blocked neither edits nor reacts, but deletes, takes reactions back, and repeats what was stored", async () => {
  const world = await talking();
  const edit: WriteFrame = { type: "edit", id: "e1", seq: 2, text: "edited" };
  expect(await outcome(world, "b", edit)).toBe("stored");
  expect(await outcome(world, "b", like("r1", 1, true))).toBe("stored");
  await setBlock(world, "a", true);
  const { rev } = world.room.sequencer.position;
  expect(await outcome(world, "b", send("m2"))).toBe("repeated");
  expect(await outcome(world, "b", edit)).toBe("repeated");
  expect(await outcome(world, "b", like("r1", 1, true))).toBe("repeated");
  expect(await outcome(world, "b", { ...edit, id: "e2", text: "anew" })).toBe("blocked");
  expect(await outcome(world, "b", like("r2", 3, true))).toBe("blocked");
  expect(await outcome(world, "b", { ...edit, id: "e4", seq: 1 })).toBe("not_author");
  expect(await outcome(world, "b", { ...edit, id: "e5", seq: 9 })).toBe("unknown_message");
  expect(world.room.sequencer.position.rev).toBe(rev);
  expect(await outcome(world, "b", like("r3", 1, false))).toBe("stored");
  expect(await outcome(world, "b", { type: "delete", id: "d1", seq: 4 })).toBe("stored");
  expect(await outcome(world, "a", { type: "edit", id: "e3", seq: 1, text: "mine" })).toBe("stored");
  expect(world.room.sequencer.position).toEqual({ head: 4, rev: rev + 3 });
});

test("[BL2][SE5] a retry in the turn of the block finds the first try, whichever came first", async () => {
  const world = await talking();
  const settled: string[] = [];
  const note = (name: string) => (answer: { kind: string }) => void settled.push(`${name} ${answer.kind}`);
  world.room.write("b", send("before"), note("before"));
  world.room.setFlags("a", { blocked: true }, () => void settled.push("block"));
  world.room.write("b", send("before"), note("retry"));
  world.room.write("b", send("behind"), note("behind"));
  world.room.setFlags("a", { blocked: false }, () => void settled.push("lifted"));
  world.room.write("b", send("behind"), note("again"));
  await world.settle();
  expect(settled).toEqual([
    "before stored",
    "block",
    "retry repeated",
    "behind refused",
    "lifted",
    "again stored",
  ]);
});

test("[BL4] a block that is there, or a lifting of none, writes nothing and moves no `state`", async () => {
  const world = await talking();
  await setBlock(world, "a", true);
  const { writes } = world.storage;
  await setBlock(world, "a", true);
  await setBlock(world, "b", false);
  expect([world.storage.writes, blocksOf(world).state]).toEqual([writes, 1]);
});

test("[BL2] a block stands beside a write of its turn that the storage refuses, and holds for what came behind it", async () => {
  const world = await talking();
  world.storage.poison = "poisoned";
  const answers: string[] = [];
  world.room.setFlags("a", { blocked: true }, () => void answers.push("block"));
  world.room.write("a", send("poisoned"), (answer) => void answers.push(answer.kind));
  world.room.write("b", send("behind"), (answer) => void answers.push(answer.kind));
  await world.settle();
  expect(answers).toEqual(["block", "refused", "refused"]);
  world.restart();
  expect(world.room.sequencer.isBlocked("b")).toBe(true);
  expect(world.record).toHaveLength(4);
});

test("[BL4][AR3] a block while D1 is down holds at once, also after a restart, and lands with the alarm", async () => {
  const world = await talking();
  world.room.read("a", 3, () => {});
  await world.settle();
  world.d1.isDown = true;
  await setBlock(world, "a", true);
  const { alarmAtMs } = world;
  world.restart();
  world.alarmAtMs = alarmAtMs;
  expect(await outcome(world, "b", send("late"))).toBe("blocked");
  expect(archivedBlocks(world)).toEqual({ state: 0, blocked_a: null, blocked_b: null });
  world.d1.isDown = false;
  await world.ringAlarm();
  await world.settle();
  expect(archivedBlocks(world)).toEqual({ state: 1, blocked_a: 3, blocked_b: null });
  expect(world.alarmAtMs).toBeUndefined();
  await setBlock(world, "a", false);
  expect(archivedBlocks(world)).toEqual({ state: 2, blocked_a: null, blocked_b: null });
});

test.each([4, 5])(
  "[BL4][AR4] a write of rev %i that lands late, from before the block, does not take it out of D1",
  async (rev) => {
    const world = await talking();
    await setBlock(world, "a", true);
    const none = { a: 0, b: 0 };
    const counts = { head: 4, countA: 2, read: none, readCounts: none };
    await writeChanges(world.d1.binding, "conversation-key-00000", {
      base: 4,
      messages: [],
      nowMs: world.nowMs,
      summary: { users: pair, rev, last: undefined, ...counts, flags: noFlags },
    });
    expect(archivedBlocks(world)).toEqual({ state: 1, blocked_a: 0, blocked_b: null });
  },
);

test("[BL2][BL3][AR5] a restored record takes a newer block back from D1, and tells what that changes", async () => {
  const world = await talking();
  world.room.read("a", 2, () => {});
  await world.settle();
  const older = world.storage.dump();
  await setBlock(world, "a", true);
  world.room.read("a", 4, () => {});
  await world.settle();
  world.storage.restore(older);
  world.restart();
  const told: (InboxNotification & { user: string })[] = [];
  world.deliver = async (user, delivery) => {
    told.push({ ...delivery, user });
    return { devices: 1, visible: true };
  };
  const frames: ServerFrame[] = [];
  const take = (text: string) => void frames.push(serverFrameSchema.parse(JSON.parse(text)));
  world.connect("a", { frame: () => {}, closed: () => {} });
  world.connect("b", { frame: take, closed: () => {} });
  await world.settle();
  expect(blocksOf(world)).toMatchObject({ state: 1, blocked: { a: 2, b: null } });
  // Online as it was shown until the block was found again.
  expect(frames.filter(({ type }) => type === "presence").at(-1) ?? { online: false }).toMatchObject({
    online: false,
  });
  expect(told.findLast(({ user }) => user === pair.a)?.summary).toMatchObject({
    blocked: true,
    read: { you: 4 },
  });
  const { sequencer } = world.room;
  expect(summaryOf({ sequencer, pair }, "b")).toMatchObject({ read: { peer: 2 }, blocked: false });
  expect(await outcome(world, "b", send("late"))).toBe("blocked");
});

test("[BL1][AR5] a record that lost everything finds the block in D1 before it numbers anything", async () => {
  const world = await talking();
  await setBlock(world, "a", true);
  world.storage.restore([]);
  world.restart();
  expect(await outcome(world, "b", send("late"))).toBe("blocked");
  expect(world.record.map(({ id }) => id)).toEqual(["m1", "m2", "m3", "m4"]);
});

test("[BL1][AR4] an archive that was set back gets the block again", async () => {
  const world = await talking();
  const older = world.d1.dump();
  await setBlock(world, "a", true);
  world.d1.restore(older);
  world.restart();
  world.room.replicator.schedule();
  await world.settle();
  expect(archivedBlocks(world)).toEqual({ state: 1, blocked_a: 0, blocked_b: null });
});
