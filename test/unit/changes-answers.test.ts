import { expect, test } from "vitest";
import { writeFor } from "../../src/conversation/rpc-handlers.ts";
import { bufferFrame, redactDeleted } from "../../src/inbox/replay-buffer.ts";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import type { InboxServerFrame } from "../../src/protocol/inbox-frame.ts";
import type { ServerFrame } from "../../src/protocol/server-frame.ts";
import { World } from "./world.ts";

async function written(world: World, user: "alice" | "bob", frame: WriteFrame) {
  const reply = writeFor(world.room, user, frame);
  await world.settle();
  return reply;
}

test("[DE1] what is deleted in a turn is in no answer of that turn, as a message or as a quote", async () => {
  const world = new World();
  await written(world, "alice", { type: "send", id: "one", text: "secret" });
  const answers = [
    writeFor(world.room, "bob", { type: "send", id: "re", text: "re", replyTo: 1 }),
    writeFor(world.room, "bob", { type: "react", id: "on", seq: 1, emoji: "👍", on: true }),
    writeFor(world.room, "alice", { type: "send", id: "one", text: "secret" }),
  ];
  void writeFor(world.room, "alice", { type: "delete", id: "gone", seq: 1 });
  await world.settle();
  const replies = await Promise.all(answers);
  expect(replies.map((reply) => reply.ok && reply.rev)).toEqual([2, 3, 1]);
  expect(JSON.stringify(replies)).not.toContain("secret");
});

test("[SE5][DA1] a retry whose data names its keys in another order is the same send; another value is a conflict", async () => {
  const world = new World();
  const send = async (data: object) => written(world, "alice", { type: "send", id: "one", text: "", data });
  expect(await send({ a: 1, b: { c: [1, 2], d: 2 } })).toMatchObject({ ok: true, repeated: false });
  expect(await send({ b: { d: 2, c: [1, 2] }, a: 1 })).toMatchObject({ ok: true, repeated: true });
  expect(await send({ b: { d: 2, c: [2, 1] }, a: 1 })).toMatchObject({ refusal: { code: "conflict" } });
});

test("[CH4] an edit to the text that is there takes no rev", async () => {
  const world = new World();
  await written(world, "alice", { type: "send", id: "one", text: "hello" });
  const edited = await written(world, "alice", { type: "edit", id: "e1", seq: 1, text: "hello" });
  expect(edited).toMatchObject({ ok: true, repeated: true, rev: 1, message: { rev: 1 } });
  expect(world.room.sequencer.position.rev).toBe(1);
});

test("[DE1][IN7] a sync under way shows nothing of what was deleted since it was answered", () => {
  const message = { seq: 1, rev: 1, id: "one", author: "alice", text: "secret", createdAt: 1 };
  const held: InboxServerFrame[] = [];
  bufferFrame(held, {
    type: "message",
    peer: "alice",
    message: { ...message, rev: 2, text: "secret, edited" },
  });
  bufferFrame(held, {
    type: "message",
    peer: "alice",
    message: { ...message, rev: 3, text: "", deletedAt: 2 },
  });
  const reply = { ...message, seq: 2, text: "re", replyTo: 1, quote: { author: "alice", text: "secret" } };
  const answer: ServerFrame[] = [
    { type: "message", message },
    { type: "message", message: reply },
  ];
  const shown = answer.map((frame) => redactDeleted(held, frame));
  expect(JSON.stringify([shown, held])).not.toContain("secret");
  expect(shown).toMatchObject([
    { message: { rev: 1, deletedAt: 2 } },
    { message: { rev: 1, text: "re", quote: { text: "", deletedAt: 2 } } },
  ]);
});
