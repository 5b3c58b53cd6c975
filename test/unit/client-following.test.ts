import { expect, test } from "vitest";
import {
  freezeTime,
  limits,
  listOfBob,
  message,
  nextSocket,
  passMs,
  startedWithBob,
  summary,
  synced,
  type World,
  worldOf,
} from "./fake-server.ts";

freezeTime();

const seqs = (world: World) => world.events.message.map(({ message: { seq } }) => seq);

test("[CL16] new messages come once each and in order, and changed ones as changes", async () => {
  const { world, socket, bob } = await startedWithBob();
  for (const each of [
    message(6),
    message(7),
    message(7),
    message(6, { rev: 8, text: "better" }),
    message(8, { rev: 9 }),
  ]) {
    socket.tell({ type: "message", peer: "bob", message: each });
  }
  expect(world.events.message.map(({ isNew, message: { seq, text } }) => [isNew, seq, text])).toEqual([
    [true, 6, "text 6"],
    [true, 7, "text 7"],
    [false, 6, "better"],
    [true, 8, "text 8"],
  ]);
  expect(bob.messages.value.map(({ text }) => text)).toEqual(["better", "text 7", "text 8"]);
});

test("[CL4] after a break, what was missed is asked for from the cursor on, and live frames wait for it", async () => {
  const { world, socket } = await startedWithBob();
  socket.tell({ type: "message", peer: "bob", message: message(6) });
  socket.end(1006);
  await nextSocket(world);
  const second = await world.greet(listOfBob(8));
  expect(second.of("sync")).toEqual([{ type: "sync", peer: "bob", after: 6 }]);
  // One that was under way before the replay.
  second.tell({ type: "message", peer: "bob", message: message(8) });
  expect(seqs(world)).toEqual([6]);
  second.tell({ type: "message", peer: "bob", message: message(7) });
  second.tell({ type: "message", peer: "bob", message: message(8) });
  second.tell(synced(8));
  expect(seqs(world)).toEqual([6, 7, 8]);
});

test("[CL4] a conversation that did not move, and at which nobody looks, asks nothing", async () => {
  const { world, socket } = await startedWithBob();
  socket.end(1006);
  await nextSocket(world);
  const second = await world.greet(listOfBob(5));
  expect(second.frames).toEqual([]);
});

test("[CL5] a rev that skips: nothing is shown before the replay has filled the gap", async () => {
  const { world, socket } = await startedWithBob();
  socket.tell({ type: "message", peer: "bob", message: message(7) });
  socket.tell({ type: "message", peer: "bob", message: message(8) });
  expect(socket.of("sync")).toEqual([{ type: "sync", peer: "bob", after: 5 }]);
  expect(seqs(world)).toEqual([]);
  [6, 7, 8].forEach((seq) => socket.tell({ type: "message", peer: "bob", message: message(seq) }));
  socket.tell(synced(8));
  expect(seqs(world)).toEqual([6, 7, 8]);
  socket.tell({ type: "message", peer: "bob", message: message(9) });
  expect(seqs(world)).toEqual([6, 7, 8, 9]);
  expect(socket.of("sync").length).toBe(1);
});

test("[CL5] a summary or an ack above the cursor shows a gap too", async () => {
  const { socket } = await startedWithBob();
  socket.tell({ type: "summary", ...summary("bob", 6) });
  expect(socket.of("sync")).toEqual([{ type: "sync", peer: "bob", after: 5 }]);
  socket.tell({ type: "message", peer: "bob", message: message(6) });
  socket.tell(synced(6));
  socket.tell({ type: "ack", peer: "bob", id: "another device's", seq: 7, rev: 7, createdAt: 1 });
  expect(socket.of("sync").at(-1)).toEqual({ type: "sync", peer: "bob", after: 6 });
});

test("[CL5] a replay that is not answered is asked for again, and its two answers are one", async () => {
  const { world, socket } = await startedWithBob();
  socket.tell({ type: "message", peer: "bob", message: message(7) });
  await passMs(10_000);
  expect(socket.of("sync").length).toBe(2);
  for (const _ of [1, 2]) {
    [6, 7].forEach((seq) => socket.tell({ type: "message", peer: "bob", message: message(seq) }));
    socket.tell(synced(7));
  }
  expect(seqs(world)).toEqual([6, 7]);
});

test("[CL5] the end of an older replay does not end the one that a later gap needs", async () => {
  const { world, socket } = await startedWithBob();
  socket.tell({ type: "message", peer: "bob", message: message(7) });
  socket.tell({ type: "message", peer: "bob", message: message(6) });
  socket.tell(synced(6));
  expect(seqs(world)).toEqual([]);
  socket.tell({ type: "message", peer: "bob", message: message(6) });
  socket.tell({ type: "message", peer: "bob", message: message(7) });
  socket.tell(synced(7));
  expect(seqs(world)).toEqual([6, 7]);
});

test("[CL5] nor does it where the gap is a change", async () => {
  const { world, socket } = await startedWithBob();
  const change = message(3, { rev: 7, text: "better" });
  socket.tell({ type: "message", peer: "bob", message: change });
  socket.tell({ type: "message", peer: "bob", message: message(6) });
  socket.tell(synced(6));
  socket.tell({ type: "message", peer: "bob", message: message(6) });
  socket.tell({ type: "message", peer: "bob", message: change });
  socket.tell(synced(7, 6));
  expect(seqs(world)).toEqual([6, 3]);
});

test("[CL16] what an older replay brings once more is not told again", async () => {
  const { world, socket } = await startedWithBob();
  const tell = (seq: number) => socket.tell({ type: "message", peer: "bob", message: message(seq) });
  tell(7);
  await passMs(10_000);
  [6, 7].forEach(tell);
  socket.tell(synced(7));
  // A gap, and only then the answer to the first of the two.
  tell(9);
  [6, 7].forEach(tell);
  socket.tell(synced(7));
  [8, 9].forEach(tell);
  socket.tell(synced(9));
  expect(seqs(world)).toEqual([6, 7, 8, 9]);
});

test("[CL5] a replay that is refused for now is asked for later", async () => {
  const { socket } = await startedWithBob();
  socket.tell({ type: "message", peer: "bob", message: message(7) });
  socket.tell({ type: "error", peer: "bob", code: "rate_limited", message: "wait", retryAfterMs: 3_000 });
  await passMs(2_999);
  expect(socket.of("sync").length).toBe(1);
  await passMs(1);
  expect(socket.of("sync").length).toBe(2);
});

test("[CL5] a replay that brings less than the head it names is asked for again", async () => {
  const { world, socket } = await startedWithBob();
  socket.tell({ type: "message", peer: "bob", message: message(7) });
  socket.tell(synced(7));
  expect(socket.of("sync").length).toBe(2);
  expect(socket.of("sync")[1]).toEqual(socket.of("sync")[0]);
  [6, 7].forEach((seq) => socket.tell({ type: "message", peer: "bob", message: message(seq) }));
  socket.tell(synced(7));
  expect(seqs(world)).toEqual([6, 7]);
  expect(world.events.reset).toEqual([]);
});

test("[CL5] where it never brings it, the messages begin anew", async () => {
  const { world, socket, bob } = await startedWithBob();
  socket.tell({ type: "message", peer: "bob", message: message(7) });
  for (const _ of [1, 2, 3]) {
    socket.tell(synced(8));
  }
  expect(world.events.reset).toEqual([{ peer: "bob" }]);
  expect(socket.of("sync").at(-1)).toEqual({ type: "sync", peer: "bob" });
  socket.tell(synced(8));
  expect(bob.status.value).toMatchObject({ isLive: true, head: 8 });
});

test("[CL5] a conversation that was not listed begins with its first frame", async () => {
  const world = worldOf();
  const socket = await world.greet();
  socket.tell({ type: "message", peer: "eve", message: message(1, { author: "eve" }) });
  expect(seqs(world)).toEqual([1]);
  socket.tell({ type: "message", peer: "old", message: message(41, { author: "old", rev: 60 }) });
  expect(socket.of("sync")).toEqual([{ type: "sync", peer: "old", after: 59 }]);
  socket.tell({ type: "message", peer: "old", message: message(41, { author: "old", rev: 60 }) });
  socket.tell({ ...synced(60, 41), peer: "old" });
  expect(seqs(world)).toEqual([1, 41]);
});

test("[CL6] reset: the messages begin anew, and who looks at them sees the newest page", async () => {
  const { world, socket, bob } = await startedWithBob();
  const shown: number[] = [];
  bob.messages.subscribe(() => shown.push(bob.messages.value.length));
  socket.tell({ type: "message", peer: "bob", message: message(6) });
  world.answers.set("GET /v1/conversations/bob/messages", () => ({
    status: 200,
    body: { messages: [message(1, { text: "restored" }), message(2)], hasMore: false, head: 2, rev: 9 },
  }));
  socket.tell({ type: "reset", peer: "bob", rev: 9 });
  expect(bob.messages.value).toEqual([]);
  expect(world.events.reset).toEqual([{ peer: "bob" }]);
  expect(socket.of("sync").at(-1)).toEqual({ type: "sync", peer: "bob", after: 9 });
  socket.tell(synced(9, 2));
  await passMs(0);
  expect(bob.messages.value.map(({ text }) => text)).toEqual(["restored", "text 2"]);
  expect(shown.length).toBeGreaterThan(0);
});

const ready = (rev: number, head = rev) => ({ ...synced(rev, head), type: "ready", you: "ann", limits });

test("[CL22] one conversation over its own socket: resumes by after, and catches up by connecting anew", async () => {
  const world = worldOf({ peer: "bob" });
  const bob = world.client.conversation("bob");
  await passMs(0);
  expect(world.socket.url).toBe("wss://dm.example.com/v1/conversations/bob/socket");
  world.socket.open();
  world.socket.tell(ready(5));
  void bob.send("hello");
  expect(world.socket.of("send")).toMatchObject([{ text: "hello", after: 5 }]);
  expect(world.socket.of("send")[0]).not.toHaveProperty("peer");
  world.socket.tell({ type: "message", message: message(7) });
  await passMs(0);
  expect(world.sockets.length).toBe(2);
  expect(world.socket.url).toBe("wss://dm.example.com/v1/conversations/bob/socket?after=5");
  world.socket.open();
  [6, 7].forEach((seq) => world.socket.tell({ type: "message", message: message(seq) }));
  expect(seqs(world)).toEqual([]);
  world.socket.tell(ready(7));
  expect(seqs(world)).toEqual([6, 7]);
  expect(world.socket.of("send")).toMatchObject([{ text: "hello", after: 5 }]);
  expect(() => world.client.conversation("eve")).toThrow("another");
  world.socket.tell({ type: "reset", rev: 3 });
  await passMs(0);
  expect(world.socket.url).toBe("wss://dm.example.com/v1/conversations/bob/socket?after=3");
});
