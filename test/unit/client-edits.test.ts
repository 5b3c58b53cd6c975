import { expect, test } from "vitest";
import { memoryStorage } from "../../src/client/storage.ts";
import {
  codeOf,
  emptyList,
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

const mine = (rev: number, more: object = {}) => message(6, { author: "ann", id: "mine", rev, ...more });

/** Message 6 is Ann's, and shown. */
async function startedWithOwn() {
  const started = await startedWithBob();
  started.socket.tell({ type: "message", peer: "bob", message: mine(6) });
  return started;
}

test("[CL25] an edit goes with the `rev` that the message had when editing began", async () => {
  const { socket, bob } = await startedWithOwn();
  const begunAt = bob.messages.value[0]?.seq === 6 ? bob.messages.value[0].rev : undefined;
  socket.tell({ type: "message", peer: "bob", message: message(7) });
  socket.tell({ type: "message", peer: "bob", message: mine(8, { text: "meet at 9", editedAt: 2_000 }) });
  const edited = codeOf(bob.edit(6, "meet at 8", { ...(begunAt !== undefined && { after: begunAt }) }));
  await passMs(0);
  const [frame] = socket.of("edit");
  expect(frame).toMatchObject({ seq: 6, text: "meet at 8", after: 6 });
  socket.tell({ type: "error", peer: "bob", id: frame?.["id"], code: "superseded", message: "newer" });
  await passMs(0);
  expect(edited.code).toBe("superseded");
  expect(bob.messages.value[0]).toMatchObject({ text: "meet at 9" });
});

test("[CL25] without `after`, and while nothing newer is shown, it is the newest `rev` that the client has", async () => {
  const { socket, bob } = await startedWithOwn();
  socket.tell({ type: "message", peer: "bob", message: message(7) });
  void bob.edit(6, "one");
  await passMs(0);
  expect(socket.of("edit")[0]).toMatchObject({ after: 7 });
  socket.tell({ type: "ack", peer: "bob", id: socket.of("edit")[0]?.["id"], seq: 6, rev: 8, createdAt: 1 });
  socket.tell({ type: "message", peer: "bob", message: mine(8, { text: "one", editedAt: 2_000 }) });
  socket.tell(synced(8, 7));
  // A restore left the message its old `rev`, below those that the server takes.
  void bob.edit(6, "two", { after: 8 });
  await passMs(0);
  expect(socket.of("edit")[1]).toMatchObject({ after: 8 });
});

test("[CL25] a page may show a form above the cursor: then that is what the user has seen", async () => {
  const { world, socket, bob } = await startedWithBob(6, { rev: 6 });
  world.answers.set("GET /v1/conversations/bob/messages", () => ({
    status: 200,
    body: { messages: [mine(8, { editedAt: 2_000 })], hasMore: true, head: 6, rev: 8 },
  }));
  await bob.messages.loadOlder();
  void bob.edit(6, "better");
  await passMs(0);
  expect(socket.of("edit")[0]).toMatchObject({ after: 8 });
});

test("[CL7] the `ack` of an edit covers no edit of somebody who had seen less", async () => {
  const { socket, bob } = await startedWithOwn();
  socket.tell({ type: "message", peer: "bob", message: mine(7, { text: "phone", editedAt: 2_000 }) });
  void bob.edit(6, "after the phone's");
  void bob.edit(6, "before the phone's", { after: 6 });
  await passMs(0);
  socket.tell({ type: "ack", peer: "bob", id: socket.of("edit")[0]?.["id"], seq: 6, rev: 8, createdAt: 1 });
  await passMs(0);
  expect(socket.of("edit")[1]).toMatchObject({ text: "before the phone's", after: 6 });
});

test.each([
  ["the text is another: it goes with the `after` it has", mine(9, { text: "phone", editedAt: 2_000 }), 6],
  ["only a reaction came: it goes with a new `after`", mine(9, { reactions: { "👍": ["bob"] } }), 30],
])("[CL25] an edit that waits over a reset overwrites nothing: %s", async (_, found, after) => {
  const { world, socket, bob } = await startedWithOwn();
  socket.end(1006);
  void bob.edit(6, "laptop");
  await nextSocket(world);
  world.answers.set("GET /v1/conversations/bob/messages?before=7&limit=1", () => ({
    status: 200,
    body: { messages: [found], hasMore: true, head: 6, rev: 30 },
  }));
  const second = await world.greet(emptyList);
  second.tell({ type: "reset", peer: "bob", rev: 30 });
  second.tell(synced(30, 6));
  await passMs(0);
  expect(second.of("edit")[0]).toMatchObject({ text: "laptop", after });
});

test("[CL25] an `after` above the conversation's `rev`, of a message that is not held, is the client's cursor", async () => {
  const { socket, bob } = await startedWithBob();
  void bob.edit(3, "better", { after: 900 });
  await passMs(0);
  expect(socket.of("edit")[0]).toMatchObject({ after: 5 });
});

test("[CL11] an edit whose `after` stays above the conversation's `rev` is refused, and what waits behind it goes", async () => {
  const world = worldOf();
  const bob = world.client.conversation("bob");
  const edited = codeOf(bob.edit(3, "better", { after: 900 }));
  void bob.send("behind");
  const socket = await world.greet(listOfBob(5));
  const [frame] = socket.of("edit");
  expect(frame).toMatchObject({ after: 900 });
  socket.tell({ type: "error", peer: "bob", id: frame?.["id"], code: "out_of_range", message: "after" });
  await passMs(60_000);
  expect(edited.code).toBe(undefined);
  socket.tell(synced(5));
  await passMs(0);
  expect(edited.code).toBe("stale");
  expect(socket.of("edit").length).toBe(1);
  expect(socket.of("send")).toMatchObject([{ text: "behind" }]);
});

test("[CL25] what the user had seen is kept over a reload", async () => {
  const storage = memoryStorage();
  const { socket, bob } = await startedWithBob(5, {}, { storage });
  socket.tell({ type: "message", peer: "bob", message: mine(6, { editedAt: 1_500 }) });
  socket.end(1006);
  void bob.edit(6, "later", { after: 6 });
  await passMs(0);
  expect(await storage.load()).toMatchObject([
    { frame: { type: "edit", after: 6 }, target: { id: "mine", editedAt: 1_500 } },
  ]);
});
