import { expect, test } from "vitest";
import type { OutboxEntry, OutboxStorage } from "../../src/client/api.ts";
import { memoryStorage } from "../../src/client/storage.ts";
import {
  codeOf,
  freezeTime,
  listOfBob,
  message,
  nextSocket,
  passMs,
  startedWithBob,
  synced,
  worldOf,
} from "./fake-server.ts";

freezeTime();

const texts = (messages: readonly { text: string }[]) => messages.map(({ text }) => text);

test("[CL7] a send shows as pending at once, and resolves when it is acknowledged", async () => {
  const { socket, bob } = await startedWithBob();
  const sent = bob.send({ text: "hello", data: { kind: "greeting" }, replyTo: 2 });
  await passMs(0);
  expect(bob.messages.value).toMatchObject([
    { text: "hello", author: "ann", replyTo: 2, data: { kind: "greeting" } },
  ]);
  expect(bob.messages.value[0]?.seq).toBeUndefined();
  const [frame] = socket.of("send");
  expect(frame).toMatchObject({ type: "send", peer: "bob", text: "hello", after: 5 });
  const id = String(frame?.["id"]);
  socket.tell({ type: "message", peer: "bob", message: message(6, { id, author: "ann", text: "hello" }) });
  socket.tell({ type: "ack", peer: "bob", id, seq: 6, rev: 6, createdAt: 1_006 });
  expect(await sent).toEqual({ id, seq: 6, createdAt: 1_006 });
  expect(bob.messages.value).toMatchObject([{ seq: 6, text: "hello" }]);
});

test("[CL7] one send is under way at a time, the others wait in order", async () => {
  const { socket, bob } = await startedWithBob();
  ["a", "b", "c"].forEach((text) => void bob.send(text));
  await passMs(0);
  for (const [index, text] of ["a", "b", "c"].entries()) {
    expect(texts(socket.of("send") as never)).toEqual(["a", "b", "c"].slice(0, index + 1));
    const frame = socket.of("send").at(-1);
    const id = String(frame?.["id"]);
    socket.tell({ type: "message", peer: "bob", message: message(6 + index, { id, author: "ann", text }) });
    await passMs(0);
  }
  expect(texts(bob.messages.value)).toEqual(["a", "b", "c"]);
});

test("[CL7] what a lost socket left unanswered goes again, the same id and after, in order", async () => {
  const { world, socket, bob } = await startedWithBob();
  ["a", "b"].forEach((text) => void bob.send(text));
  await passMs(0);
  const [first] = socket.of("send");
  socket.end(1006);
  void bob.send("c");
  await nextSocket(world);
  const second = await world.greet(listOfBob(5));
  expect(second.of("sync")).toEqual([{ type: "sync", peer: "bob", after: 5 }]);
  expect(second.of("send")).toEqual([]);
  second.tell(synced(5));
  expect(second.of("send")).toEqual([first]);
  second.tell({ type: "ack", peer: "bob", id: first?.["id"], seq: 6, rev: 6, createdAt: 1 });
  second.tell(synced(6));
  expect(texts(second.of("send") as never)).toEqual(["a", "b"]);
});

test("[CL7] a send that arrived before the socket was lost is settled by the replay, and not sent again", async () => {
  const { world, socket, bob } = await startedWithBob();
  const sent = codeOf(bob.send("a"));
  await passMs(0);
  const id = String(socket.of("send")[0]?.["id"]);
  socket.end(1006);
  await nextSocket(world);
  const second = await world.greet(listOfBob(6));
  second.tell({ type: "message", peer: "bob", message: message(6, { id, author: "ann", text: "a" }) });
  second.tell(synced(6));
  await passMs(0);
  expect(sent.code).toBe("resolved");
  expect(second.of("send")).toEqual([]);
  expect(bob.messages.value.length).toBe(1);
});

test("[CL7] what is composed while the client knows nothing goes with the first rev that it learns", async () => {
  const world = worldOf();
  const bob = world.client.conversation("bob");
  void bob.send("early");
  const socket = await world.greet();
  expect(socket.of("sync")).toEqual([{ type: "sync", peer: "bob" }]);
  socket.tell(synced(40));
  expect(socket.of("send")).toMatchObject([{ text: "early", after: 40 }]);
});

test("[CL8] with a storage what was not acknowledged goes after a reload, the same id and after, in order", async () => {
  const storage = memoryStorage();
  const { world, socket, bob } = await startedWithBob(5, {}, { storage });
  ["a", "b", "c"].forEach((text) => void bob.send(text));
  await passMs(0);
  const [first] = socket.of("send");
  socket.tell({
    type: "message",
    peer: "bob",
    message: message(6, { id: String(first?.["id"]), author: "ann" }),
  });
  await passMs(0);
  const [, second] = socket.of("send");
  world.client.close();

  const reloaded = worldOf({ storage });
  await passMs(0);
  const again = reloaded.client.conversation("bob");
  void again.send("d");
  expect(texts(again.messages.value)).toEqual(["b", "c", "d"]);
  const fresh = await reloaded.greet(listOfBob(6));
  fresh.tell(synced(6));
  expect(fresh.of("send")).toEqual([second]);
  for (const [index, text] of ["b", "c", "d"].entries()) {
    const frame = fresh.of("send").at(-1);
    expect(frame).toMatchObject({ text });
    fresh.tell({
      type: "message",
      peer: "bob",
      message: message(7 + index, { id: String(frame?.["id"]), author: "ann" }),
    });
    await passMs(0);
  }
  expect(await storage.load()).toEqual([]);
});

test("[CL8] entries are numbered in the order of composing, behind those of an earlier page", async () => {
  const storage = memoryStorage();
  const frame = { type: "send", id: "old", text: "old", after: 5 } as const;
  await storage.put({ id: "old", peer: "bob", order: Date.now() + 7_000, createdAt: 1, frame });
  const { bob } = await startedWithBob(5, {}, { storage });
  ["a", "b", "c"].forEach((text) => void bob.send(text));
  await passMs(0);
  const orders = (await storage.load()).map(({ order }) => order - Date.now());
  expect(orders).toEqual([7_000, 7_001, 7_002, 7_003]);
  expect(texts(bob.messages.value)).toEqual(["old", "a", "b", "c"]);
});

test("[CL7] a page that has the message settles its send too", async () => {
  const storage = memoryStorage();
  const frame = { type: "send", id: "mine", text: "a", after: 4 } as const;
  await storage.put({ id: "mine", peer: "bob", order: 1, createdAt: 1, frame });
  const { world, socket, bob } = await startedWithBob(5, {}, { storage });
  world.answers.set("GET /v1/conversations/bob/messages", () => ({
    status: 200,
    body: { messages: [message(5, { id: "mine", author: "ann" })], hasMore: true, head: 5, rev: 5 },
  }));
  await bob.messages.loadOlder();
  expect(bob.messages.value).toMatchObject([{ seq: 5 }]);
  socket.tell(synced(5));
  expect(await storage.load()).toEqual([]);
});

test("[CL8] a send that failed is there after a reload too, and goes only when it is tried again", async () => {
  const storage = memoryStorage();
  const { world, socket, bob } = await startedWithBob(5, {}, { storage });
  void bob.send("a");
  await passMs(0);
  socket.tell({
    type: "error",
    peer: "bob",
    id: socket.of("send")[0]?.["id"],
    code: "blocked",
    message: "no",
  });
  await passMs(0);
  world.client.close();
  const reloaded = worldOf({ storage });
  const fresh = await reloaded.greet(listOfBob(5));
  const again = reloaded.client.conversation("bob");
  fresh.tell(synced(5));
  expect(again.messages.value).toMatchObject([{ text: "a", error: { code: "blocked" } }]);
  expect(fresh.of("send")).toEqual([]);
});

test("[CL19] a storage that fails hinders nothing; the app is told", async () => {
  const broken: OutboxStorage = {
    load: () => Promise.reject(new Error("private window")),
    put: () => Promise.reject(new Error("quota")),
    remove: () => Promise.reject(new Error("quota")),
  };
  const { world, socket, bob } = await startedWithBob(5, {}, { storage: broken });
  void bob.send("a");
  await passMs(0);
  expect(socket.of("send").length).toBe(1);
  expect(world.events.trouble.map(({ code }) => code)).toEqual(["storage", "storage"]);
});

test("[CL19] a write that never ends is given up after 10 s, and the next ones go on", async () => {
  const written: string[] = [];
  const stuck: OutboxStorage = {
    load: () => Promise.resolve([]),
    put: ({ frame }: OutboxEntry) => {
      written.push(frame.type === "send" ? frame.text : frame.type);
      return written.length === 1 ? new Promise(() => {}) : Promise.resolve();
    },
    remove: () => Promise.resolve(),
  };
  const { world, bob } = await startedWithBob(5, {}, { storage: stuck });
  ["a", "b"].forEach((text) => void bob.send(text));
  await passMs(10_000);
  expect(written).toEqual(["a", "b"]);
  expect(world.events.trouble.map(({ code }) => code)).toEqual(["storage"]);
});

test("[CL8] entries are written one after the other, and never behind their removal", async () => {
  const order: string[] = [];
  const slow: OutboxStorage = {
    load: () => Promise.resolve([]),
    put: async ({ id }: OutboxEntry) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      order.push(`put ${id}`);
    },
    remove: async (id) => void order.push(`remove ${id}`),
  };
  const { socket, bob } = await startedWithBob(5, {}, { storage: slow });
  void bob.send("a");
  await passMs(0);
  const id = String(socket.of("send")[0]?.["id"]);
  socket.tell({ type: "ack", peer: "bob", id, seq: 6, rev: 6, createdAt: 1 });
  await passMs(1_000);
  expect(order).toEqual([`put ${id}`, `remove ${id}`]);
});

test("[CL7] data is sent as it was when the app gave it; what JSON cannot say is refused", async () => {
  const { socket, bob } = await startedWithBob();
  const data = { count: 1 };
  void bob.send({ text: "a", data });
  data.count = 2;
  await passMs(0);
  expect(socket.of("send")).toMatchObject([{ data: { count: 1 } }]);
  expect(() => bob.send({ text: "b", data: { big: 1n } })).toThrow(
    expect.objectContaining({ code: "bad_data" }),
  );
});
