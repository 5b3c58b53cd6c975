import { expect, test } from "vitest";
import type { ServerFrame } from "../../src/protocol/server-frame.ts";
import { World } from "./world.ts";

test("[ED3] where a window is set, `ready` announces it, and an edit is taken up to its end and not a millisecond later", async () => {
  const world = new World({ editWindowMs: 60_000 });
  const frames: ServerFrame[] = [];
  const end = {
    frame: (text: string) => void frames.push(JSON.parse(text) as ServerFrame),
    closed: () => {},
  };
  const alice = world.connect("a", end);
  expect(frames).toMatchObject([{ type: "ready", limits: { editWindowMs: 60_000 } }]);
  world.frame(alice, { type: "send", id: "one", text: "hello" });
  await world.settle();
  frames.length = 0;
  world.nowMs += 60_000;
  world.frame(alice, { type: "edit", id: "in time", seq: 1, text: "hello there" });
  await world.settle();
  world.nowMs += 1;
  world.frame(alice, { type: "edit", id: "late", seq: 1, text: "too late" });
  world.frame(alice, { type: "edit", id: "in time", seq: 1, text: "hello there" });
  world.frame(alice, { type: "delete", id: "gone", seq: 1 });
  await world.settle();
  expect(frames).toMatchObject([
    { type: "message", message: { text: "hello there" } },
    { type: "ack", id: "in time", rev: 2 },
    { type: "error", id: "late", code: "too_late" },
    { type: "ack", id: "in time", rev: 2 },
    { type: "message", message: { text: "", rev: 3 } },
    { type: "ack", id: "gone", rev: 3 },
  ]);
});
