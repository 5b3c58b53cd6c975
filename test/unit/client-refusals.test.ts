import { expect, test } from "vitest";
import {
  codeOf,
  emptyList,
  freezeTime,
  message,
  nextSocket,
  passMs,
  startedWithBob,
  synced,
  worldOf,
} from "./fake-server.ts";

freezeTime();

const texts = (messages: readonly { text: string }[]) => messages.map(({ text }) => text);

test("[CL11] a refusal for now keeps the send, and those behind it, until it is taken", async () => {
  const { socket, bob } = await startedWithBob();
  ["a", "b"].forEach((text) => void bob.send(text));
  await passMs(0);
  const [first] = socket.of("send");
  const refusal = { type: "error", peer: "bob", id: first?.["id"], message: "wait" };
  socket.tell({ ...refusal, code: "rate_limited", retryAfterMs: 5_000 });
  await passMs(4_999);
  expect(socket.of("send").length).toBe(1);
  await passMs(1);
  expect(socket.of("send")).toEqual([first, first]);
  socket.tell({ ...refusal, code: "internal" });
  await passMs(2_000);
  expect(socket.of("send")).toEqual([first, first, first]);
});

test("[CL11] a refusal for good rejects with its code, stays as failed, and lets the next one go", async () => {
  const { world, socket, bob } = await startedWithBob();
  const sent = codeOf(bob.send("a"));
  void bob.send("b");
  await passMs(0);
  const id = String(socket.of("send")[0]?.["id"]);
  socket.tell({ type: "error", peer: "bob", id, code: "bad_text", message: "too long", field: "text" });
  await passMs(0);
  expect(sent.code).toBe("bad_text");
  expect(world.events.refused).toMatchObject([
    { peer: "bob", id, error: { code: "bad_text", field: "text" } },
  ]);
  expect(bob.messages.value).toMatchObject([{ text: "a", error: { code: "bad_text" } }, { text: "b" }]);
  expect(texts(socket.of("send") as never)).toEqual(["a", "b"]);
  await passMs(600_000);
  expect(socket.of("send").filter(({ text }) => text === "a").length).toBe(1);
});

test("[CL11] a failed send is tried again as a new one at the end, or discarded", async () => {
  const { socket, bob } = await startedWithBob();
  ["a", "b"].forEach((text) => void bob.send(text));
  await passMs(0);
  const [first] = socket.of("send");
  const id = String(first?.["id"]);
  socket.tell({ type: "error", peer: "bob", id, code: "conflict", message: "used" });
  const retried = bob.retry(id);
  expect(texts(bob.messages.value)).toEqual(["b", "a"]);
  const [, second] = socket.of("send");
  socket.tell({
    type: "message",
    peer: "bob",
    message: message(6, { id: String(second?.["id"]), author: "ann", text: "b" }),
  });
  const third = socket.of("send").at(-1);
  expect(third).toMatchObject({ text: "a", after: 5 });
  expect(third?.["id"]).not.toBe(id);
  socket.tell({ type: "error", peer: "bob", id: third?.["id"], code: "blocked", message: "no" });
  await expect(retried).rejects.toMatchObject({ code: "blocked" });
  bob.discard(String(third?.["id"]));
  expect(texts(bob.messages.value)).toEqual(["b"]);
  await expect(bob.retry("nothing")).rejects.toMatchObject({ code: "unknown_message" });
});

test("[CL11] a peer that nobody is refuses all that waits for them", async () => {
  const world = worldOf();
  const sends = ["a", "b"].map((text) => codeOf(world.client.conversation("nobody").send(text)));
  const socket = await world.greet();
  socket.tell({ type: "error", peer: "nobody", code: "unknown_peer", message: "nobody" });
  await passMs(0);
  expect(sends.map(({ code }) => code)).toEqual(["unknown_peer", "unknown_peer"]);
});

test("[CL12] stale: the history is searched for the earlier try, which settles the send", async () => {
  const { world, socket, bob } = await startedWithBob(300);
  const sent = bob.send("a");
  await passMs(0);
  const id = String(socket.of("send")[0]?.["id"]);
  const page = (from: number, to: number) => ({
    status: 200,
    body: {
      messages: Array.from({ length: to - from + 1 }, (_, index) => message(from + index)).map((each) => ({
        ...each,
        ...(each.seq === 350 && { id, author: "ann" }),
      })),
      hasMore: true,
      head: 500,
      rev: 500,
    },
  });
  world.answers.set("GET /v1/conversations/bob/messages?limit=100", () => page(401, 500));
  world.answers.set("GET /v1/conversations/bob/messages?before=401", () => page(301, 400));
  socket.tell({ type: "error", peer: "bob", id, code: "stale", message: "far behind" });
  await passMs(0);
  expect(await sent).toMatchObject({ id, seq: 350 });
  expect(socket.of("send").length).toBe(1);
});

test("[CL12] stale, and no earlier try: it goes again with an `after` behind which there is none", async () => {
  const { world, socket, bob } = await startedWithBob(5);
  void bob.send("a");
  await passMs(0);
  const [frame] = socket.of("send");
  world.answers.set("GET /v1/conversations/bob/messages", () => ({
    status: 200,
    body: { messages: [message(5), message(6), message(7)], hasMore: true, head: 7, rev: 9 },
  }));
  socket.tell({ type: "error", peer: "bob", id: frame?.["id"], code: "stale", message: "far behind" });
  socket.tell({ type: "message", peer: "bob", message: message(6) });
  socket.tell({ type: "message", peer: "bob", message: message(7) });
  socket.tell(synced(7));
  await passMs(0);
  expect(socket.of("send")).toEqual([frame, { ...frame, after: 9 }]);
});

test("[CL13] after a reset a change goes to the number that its message has now, or is refused", async () => {
  const { world, socket, bob } = await startedWithBob(5);
  socket.tell({ type: "message", peer: "bob", message: message(6, { author: "ann", id: "mine", rev: 6 }) });
  socket.tell({ type: "message", peer: "bob", message: message(7, { rev: 7 }) });
  socket.end(1006);
  const edited = codeOf(bob.edit(6, "better"));
  const reacted = codeOf(bob.react(7, "👍"));
  await nextSocket(world);
  const second = await world.greet(emptyList);
  world.answers.set("GET /v1/conversations/bob/messages?before=7&limit=1", () => ({
    status: 200,
    body: { messages: [message(6, { author: "ann", id: "mine" })], hasMore: true, head: 6, rev: 30 },
  }));
  world.answers.set("GET /v1/conversations/bob/messages?before=8&limit=1", () => ({
    status: 200,
    body: { messages: [message(6, { id: "another of Bob's" })], hasMore: true, head: 6, rev: 30 },
  }));
  second.tell({ type: "reset", peer: "bob", rev: 30 });
  second.tell(synced(30, 6));
  await passMs(0);
  const [edit] = second.of("edit");
  expect(edit).toMatchObject({ seq: 6, text: "better", after: 30 });
  second.tell({ type: "ack", peer: "bob", id: edit?.["id"], seq: 6, rev: 31, createdAt: 1 });
  second.tell({ type: "message", peer: "bob", message: message(6, { rev: 31, author: "ann", id: "mine" }) });
  second.tell(synced(31, 6));
  await passMs(0);
  expect(edited.code).toBe("resolved");
  expect(reacted.code).toBe("stale");
  expect(second.of("react")).toEqual([]);
});

const pageWith = (seq: number, id: string) => () => ({
  status: 200,
  body: { messages: [message(seq, { id })], hasMore: true, head: 7, rev: 4 },
});

test("[CL13] a reply that waits over a reset goes only to the message that it answered", async () => {
  const { world, socket, bob } = await startedWithBob(5);
  [6, 7].forEach((seq) => socket.tell({ type: "message", peer: "bob", message: message(seq) }));
  socket.end(1006);
  const replies = [6, 7].map((replyTo) => codeOf(bob.send({ text: `to ${replyTo}`, replyTo })));
  await nextSocket(world);
  const second = await world.greet(emptyList);
  world.answers.set("GET /v1/conversations/bob/messages?before=7&limit=1", pageWith(6, "m6"));
  world.answers.set("GET /v1/conversations/bob/messages?before=8&limit=1", pageWith(7, "another"));
  second.tell({ type: "reset", peer: "bob", rev: 4 });
  second.tell(synced(4, 7));
  await passMs(0);
  const [first] = second.of("send");
  expect(first).toMatchObject({ text: "to 6", replyTo: 6, after: 4 });
  second.tell({
    type: "message",
    peer: "bob",
    message: message(8, { rev: 5, author: "ann", id: String(first?.["id"]) }),
  });
  await passMs(0);
  expect(replies.map(({ code }) => code)).toEqual(["resolved", "stale"]);
  void bob.retry(bob.messages.value.at(-1)?.id ?? "");
  await passMs(0);
  expect(second.of("send").length).toBe(2);
  expect(second.of("send")[1]).toMatchObject({ text: "to 7", after: 5 });
  expect(second.of("send")[1]).not.toHaveProperty("replyTo");
});

test("[CL20] a frame that the server would close the socket for is refused here", async () => {
  const { world, socket, bob } = await startedWithBob();
  const room = world.client.conversation("bob");
  const sends = [65_536 - 100, 66_000].map((bytes) => codeOf(room.send("x".repeat(bytes))));
  await passMs(0);
  const [frame] = socket.of("send");
  socket.tell({
    type: "message",
    peer: "bob",
    message: message(6, { id: String(frame?.["id"]), author: "ann" }),
  });
  await passMs(0);
  expect(sends.map(({ code }) => code)).toEqual(["resolved", "too_large"]);
  expect(bob.messages.value.at(-1)).toMatchObject({ error: { code: "too_large" } });
  expect(socket.of("send").length).toBe(1);
});
