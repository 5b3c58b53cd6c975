import { expect, test } from "vitest";
import {
  type Answer,
  codeOf,
  emptyList,
  freezeTime,
  message,
  nextSocket,
  passMs,
  summary,
  synced,
  worldOf,
} from "./fake-server.ts";

freezeTime();

const listOf = (...conversations: object[]) => ({ ...emptyList, conversations });

test("[CL7] a second edit of a message, composed before the first is answered, goes with an `after` that covers the first", async () => {
  const world = worldOf();
  const socket = await world.greet(listOf(summary("bob", 5)));
  const bob = world.client.conversation("bob");
  void bob.edit(5, "one");
  void bob.edit(5, "two");
  void bob.edit(4, "another message");
  await passMs(0);
  const [first] = socket.of("edit");
  expect(first).toMatchObject({ text: "one", after: 5 });
  socket.tell({ type: "message", peer: "bob", message: message(5, { rev: 6, author: "ann", text: "one" }) });
  socket.tell({ type: "ack", peer: "bob", id: first?.["id"], seq: 5, rev: 6, createdAt: 1 });
  await passMs(0);
  expect(socket.of("edit")[1]).toMatchObject({ text: "two", after: 6 });
  const second = socket.of("edit")[1];
  socket.tell({ type: "ack", peer: "bob", id: second?.["id"], seq: 5, rev: 7, createdAt: 1 });
  await passMs(0);
  expect(socket.of("edit")[2]).toMatchObject({ text: "another message", after: 5 });
});

test("[CL12] a search that outlives its socket is not begun a second time beside it", async () => {
  const world = worldOf();
  const page = Promise.withResolvers<Answer>();
  world.answers.set("GET /v1/conversations/bob/messages", () => page.promise);
  const socket = await world.greet(listOf(summary("bob", 5)));
  const bob = world.client.conversation("bob");
  const sent = codeOf(bob.send("a"));
  await passMs(0);
  const id = socket.of("send")[0]?.["id"];
  socket.tell({ type: "error", peer: "bob", id, code: "stale", message: "" });
  await passMs(0);
  socket.end(1006);
  await nextSocket(world);
  const next = await world.greet(listOf(summary("bob", 5)));
  next.tell(synced(5));
  await passMs(0);
  expect(next.of("send").length).toBe(0);
  page.resolve({ status: 200, body: { messages: [message(5)], hasMore: false, head: 5, rev: 5 } });
  await passMs(0);
  expect(next.of("send").length).toBe(1);
  next.tell({ type: "ack", peer: "bob", id, seq: 7, rev: 7, createdAt: 1 });
  await passMs(0);
  expect(sent.code).toBe("resolved");
});
