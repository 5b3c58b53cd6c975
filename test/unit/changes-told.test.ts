import { expect, test } from "vitest";
import type { Message } from "../../src/protocol/message.ts";
import type { WriteOutcome } from "../../src/conversation/sequencer.ts";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import type { Side } from "../../src/protocol/pair.ts";
import { World } from "./world.ts";
import type { InboxNotification } from "../../src/rpc/inbox.ts";

/** A world whose writes answer how they ended, and that keeps every frame and delivery that was told. */
function watched() {
  const world = new World();
  const frames: string[] = [];
  const deliveries: InboxNotification[] = [];
  world.deliver = async (_, delivery) => {
    deliveries.push(delivery);
    return { devices: 1, visible: true };
  };
  world.connect("b", { frame: (text) => void frames.push(text), closed: () => undefined });
  const write = async (side: Side, frame: WriteFrame) => {
    const outcome = new Promise<WriteOutcome<Message>>((resolve) => world.room.write(side, frame, resolve));
    await world.settle();
    return outcome;
  };
  return { world, frames, deliveries, write };
}

const secret: WriteFrame = { type: "send", id: "one", text: "a secret", data: { also: "a secret" } };

test("[DE1] what is deleted in the turn that sent it, or quoted it, is told to nobody", async () => {
  const { world, frames, deliveries } = watched();
  world.room.write("a", { type: "send", id: "zero", text: "hello" }, () => undefined);
  await world.settle();
  for (const frame of [
    secret,
    { type: "edit", id: "e", seq: 2, text: "another secret" },
    { type: "send", id: "three", text: "a reply", replyTo: 2 },
    { type: "delete", id: "d", seq: 2 },
  ] satisfies WriteFrame[]) {
    world.room.write("a", frame, () => undefined);
  }
  await world.settle();
  const told = [...frames, JSON.stringify(deliveries)].join("\n");
  expect(told).toContain("a reply");
  expect(told).not.toContain("secret");
  const revs = frames.flatMap((text) => {
    const frame = JSON.parse(text) as { type: string; message?: { rev: number } };
    return frame.message === undefined ? [] : [frame.message.rev];
  });
  expect(revs).toEqual([1, 2, 3, 4, 5]);
});

test("[DE1][IN8] a frame that is given back by an inbox is not told after its deletion was dropped among too many", async () => {
  const { world, write } = watched();
  await write("a", { type: "send", id: "zero", text: "hello" });
  let fail: (() => void) | undefined;
  const deliveries: InboxNotification[] = [];
  world.deliver = (user, delivery) => {
    if (user === "alice") {
      return Promise.resolve({ devices: 1, visible: true });
    }
    if (fail === undefined) {
      return new Promise((_, reject) => {
        fail = () => reject(new Error("the inbox is lost"));
      });
    }
    deliveries.push(delivery);
    return Promise.resolve({ devices: 1, visible: true });
  };
  await write("a", secret);
  await write("a", { type: "delete", id: "d", seq: 2 });
  for (let nth = 0; nth < 70; nth += 1) {
    await write("a", { type: "send", id: `long ${nth}`, text: "x".repeat(16_000) });
  }
  fail?.();
  await world.settle();
  await write("a", { type: "send", id: "last", text: "the last" });
  expect(JSON.stringify(deliveries)).toContain("the last");
  expect(JSON.stringify(deliveries)).not.toContain("secret");
});

test("[CH3] the id of the newest edit names no other change of the message", async () => {
  const { write, world } = watched();
  await write("a", { type: "send", id: "zero", text: "hello" });
  const edit = { type: "edit", id: "same", seq: 1, text: "edited" } as const;
  expect(await write("a", edit)).toMatchObject({ kind: "stored", rev: 2 });
  for (const frame of [
    { type: "delete", id: "same", seq: 1 },
    { type: "react", id: "same", seq: 1, emoji: "👍", on: true },
    { ...edit, text: "other" },
  ] satisfies WriteFrame[]) {
    expect(await write("a", frame)).toMatchObject({ kind: "refused", refusal: { code: "conflict" } });
  }
  expect(await write("a", edit)).toMatchObject({ kind: "repeated", rev: 2 });
  expect(world.record).toMatchObject([{ rev: 2, text: "edited", deletedAtMs: null, reactions: null }]);
});

test("[CH3] an id of the other user is free", async () => {
  const { write } = watched();
  await write("a", { type: "send", id: "zero", text: "hello" });
  const react = { type: "react", id: "same", seq: 1, emoji: "👍", on: true } as const;
  expect(await write("a", react)).toMatchObject({ kind: "stored", rev: 2 });
  expect(await write("b", { ...react, emoji: "🎉" })).toMatchObject({ kind: "stored", rev: 3 });
});

test("[CH3] the thousand newest changes are known by their id, the one before them is not", async () => {
  const { write } = watched();
  await write("a", { type: "send", id: "zero", text: "hello" });
  const react = { type: "react", seq: 1, emoji: "👍" } as const;
  for (let nth = 1; nth <= 1_001; nth += 1) {
    await write("a", { ...react, id: `r${nth}`, on: nth % 2 === 1 });
  }
  // Number 1,001 left it on.
  expect(await write("a", { ...react, id: "r2", on: false })).toMatchObject({ kind: "repeated", rev: 3 });
  expect(await write("a", { ...react, id: "r1", on: false })).toMatchObject({ kind: "stored", rev: 1_003 });
});
