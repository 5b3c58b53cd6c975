import { expect, test } from "vitest";
import {
  codeOf,
  emptyList,
  freezeTime,
  limits,
  message,
  nextSocket,
  passMs,
  summary,
  synced,
  worldOf,
  type Answer,
  type World,
} from "./fake-server.ts";

freezeTime();

const listOfBob = (head: number, more: object = {}) => ({
  ...emptyList,
  conversations: [summary("bob", head, more)],
});

async function started(head = 5) {
  const world = worldOf();
  const socket = await world.greet(listOfBob(head));
  return { world, socket, bob: world.client.conversation("bob") };
}

const pageOf = (from: number, to: number, hasMore: boolean) => () => ({
  status: 200,
  body: {
    messages: Array.from({ length: to - from + 1 }, (_, index) => message(from + index)),
    hasMore,
    head: 8,
    rev: 8,
  },
});

const seqs = (world: World) => world.events.message.map(({ message: { seq } }) => seq);

test("[CL16] new messages come once each and in order, and changed ones as changes", async () => {
  const { world, socket, bob } = await started();
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
  const { world, socket } = await started();
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
  const { world, socket } = await started();
  socket.end(1006);
  await nextSocket(world);
  const second = await world.greet(listOfBob(5));
  expect(second.frames).toEqual([]);
});

test("[CL5] a rev that skips: nothing is shown before the replay has filled the gap", async () => {
  const { world, socket } = await started();
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
  const { socket } = await started();
  socket.tell({ type: "summary", ...summary("bob", 6) });
  expect(socket.of("sync")).toEqual([{ type: "sync", peer: "bob", after: 5 }]);
  socket.tell({ type: "message", peer: "bob", message: message(6) });
  socket.tell(synced(6));
  socket.tell({ type: "ack", peer: "bob", id: "another device's", seq: 7, rev: 7, createdAt: 1 });
  expect(socket.of("sync").at(-1)).toEqual({ type: "sync", peer: "bob", after: 6 });
});

test("[CL5] a replay that is not answered is asked for again, and its two answers are one", async () => {
  const { world, socket } = await started();
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
  const { world, socket } = await started();
  socket.tell({ type: "message", peer: "bob", message: message(7) });
  socket.tell({ type: "message", peer: "bob", message: message(6) });
  socket.tell(synced(6));
  expect(seqs(world)).toEqual([]);
  socket.tell({ type: "message", peer: "bob", message: message(6) });
  socket.tell({ type: "message", peer: "bob", message: message(7) });
  socket.tell(synced(7));
  expect(seqs(world)).toEqual([6, 7]);
});

test("[CL5] a replay that is refused for now is asked for later", async () => {
  const { socket } = await started();
  socket.tell({ type: "message", peer: "bob", message: message(7) });
  socket.tell({ type: "error", peer: "bob", code: "rate_limited", message: "wait", retryAfterMs: 3_000 });
  await passMs(2_999);
  expect(socket.of("sync").length).toBe(1);
  await passMs(1);
  expect(socket.of("sync").length).toBe(2);
});

test("[CL5] a replay that brings less than the head it names is asked for again", async () => {
  const { world, socket } = await started();
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
  const { world, socket, bob } = await started();
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
  const { world, socket, bob } = await started();
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

test("[CL17] older pages are put before what is there, until the first message", async () => {
  const { world, socket, bob } = await started(7);
  world.answers.set("GET /v1/conversations/bob/messages?before=8&limit=3&rev=7", pageOf(5, 7, true));
  world.answers.set("GET /v1/conversations/bob/messages?before=5&limit=50&rev=8", pageOf(1, 4, false));
  expect(bob.messages.hasOlder).toBe(true);
  await Promise.all([bob.messages.loadOlder(3), bob.messages.loadOlder(3)]);
  expect(world.requests.length).toBe(1);
  socket.tell({ type: "message", peer: "bob", message: message(8) });
  await bob.messages.loadOlder();
  expect(bob.messages.value.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(bob.messages.hasOlder).toBe(false);
  await bob.messages.loadOlder();
  expect(world.requests.length).toBe(2);
});

test("[CL17] what changes while its page is under way is shown as it is now", async () => {
  const { world, socket, bob } = await started(5);
  const asked = Promise.withResolvers<Answer>();
  world.answers.set("GET", () => asked.promise);
  const loading = bob.messages.loadOlder();
  await passMs(0);
  socket.tell({ type: "message", peer: "bob", message: message(4, { rev: 6, text: "edited" }) });
  const messages = [1, 2, 3, 4]
    .map((seq) => message(seq))
    .concat(message(5, { replyTo: 4, quote: { author: "bob", text: "text 4" } }));
  asked.resolve({ status: 200, body: { messages, hasMore: false, head: 5, rev: 5 } });
  await loading;
  expect(bob.messages.value.map(({ text }) => text)).toEqual([
    "text 1",
    "text 2",
    "text 3",
    "edited",
    "text 5",
  ]);
  expect(bob.messages.value.at(-1)).toMatchObject({ quote: { text: "edited" } });
});

test("[CL17] a page that fails is told, and may be asked for again", async () => {
  const { world, bob } = await started(5);
  world.answers.set("GET", () => ({ status: 404, body: { code: "not_found", detail: "gone" } }));
  await expect(bob.messages.loadOlder()).rejects.toMatchObject({ code: "not_found" });
  let tries = 0;
  world.answers.set("GET", () => {
    tries += 1;
    return tries < 3
      ? {
          status: 503,
          body: { code: "archive_unavailable", detail: "away" },
          headers: { "retry-after": "2" },
        }
      : { status: 200, body: { messages: [message(5)], hasMore: false, head: 5, rev: 5 } };
  });
  const loaded = codeOf(bob.messages.loadOlder());
  await passMs(1_999);
  expect(tries).toBe(1);
  await passMs(60_000);
  expect(loaded.code).toBe("resolved");
  expect(bob.messages.value.map(({ seq }) => seq)).toEqual([5]);
});

test("[CL17] who asks while no socket comes is told why", async () => {
  const world = worldOf();
  const loading = codeOf(world.client.conversation("bob").messages.loadOlder());
  await passMs(0);
  world.socket.end(4403, "origin_refused");
  await passMs(0);
  expect(loading.code).toBe("origin_refused");
  await expect(world.client.conversation("bob").messages.loadOlder()).rejects.toMatchObject({
    code: "origin_refused",
  });
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
