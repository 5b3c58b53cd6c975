import { expect, test } from "vitest";
import { deliveryOf } from "../../src/client/delivery.ts";
import {
  freezeTime,
  listOfBob,
  message,
  nextSocket,
  passMs,
  startedWithBob,
  summary,
  synced,
} from "./fake-server.ts";

freezeTime();

test("[CL14] what the peer sent is marked delivered, a burst once", async () => {
  const { socket } = await startedWithBob();
  [6, 7, 8].forEach((seq) => socket.tell({ type: "message", peer: "bob", message: message(seq) }));
  await passMs(100);
  expect(socket.of("delivered")).toEqual([{ type: "delivered", peer: "bob", seq: 8 }]);
});

test("[CL14] so is what waits unread when the list comes, and one's own message is not", async () => {
  const { socket } = await startedWithBob(5, { unread: 2, read: { you: 3, peer: 0 } });
  await passMs(100);
  expect(socket.of("delivered")).toEqual([{ type: "delivered", peer: "bob", seq: 5 }]);
  socket.tell({ type: "message", peer: "bob", message: message(6, { author: "ann" }) });
  await passMs(100);
  expect(socket.of("delivered").length).toBe(1);
});

test("[CL14] a read mark moves forward only, and is kept until the server has it", async () => {
  const { world, socket, bob } = await startedWithBob(5, { unread: 5 });
  bob.markRead(3);
  bob.markRead(2);
  expect(socket.of("read")).toEqual([{ type: "read", peer: "bob", seq: 3 }]);
  expect(bob.status.value.read.you).toBe(0);
  socket.end(1006);
  bob.markRead();
  await nextSocket(world);
  const second = await world.greet(listOfBob(5, { unread: 5 }));
  expect(second.of("read")).toEqual([{ type: "read", peer: "bob", seq: 5 }]);
  second.tell({ type: "read", peer: "bob", user: "ann", seq: 5 });
  expect(bob.status.value.read.you).toBe(5);
  second.end(1006);
  await nextSocket(world);
  const third = await world.greet(listOfBob(5, { read: { you: 5, peer: 0 } }));
  expect(third.of("read")).toEqual([]);
});

test("[CL14] what is no number is no mark", async () => {
  const { socket, bob } = await startedWithBob(5, { unread: 5 });
  expect(() => bob.markRead(Number.NaN)).toThrow("whole number");
  bob.markRead(4);
  expect(socket.of("read").map(({ seq }) => seq)).toEqual([4]);
});

test("[CL14] a mark that was refused for the rate is told later", async () => {
  const { socket, bob } = await startedWithBob(5, { unread: 5 });
  bob.markRead();
  socket.tell({ type: "error", peer: "bob", code: "rate_limited", message: "wait", retryAfterMs: 700 });
  await passMs(699);
  expect(socket.of("read").length).toBe(1);
  await passMs(1);
  expect(socket.of("read").length).toBe(2);
});

test("[CL14] unread is counted from what is held, and is none once all is read here", async () => {
  const { socket, bob } = await startedWithBob(5, { unread: 2, read: { you: 3, peer: 0 } });
  expect(bob.status.value.unread).toBe(2);
  socket.tell({ type: "message", peer: "bob", message: message(6) });
  expect(bob.status.value.unread).toBe(3);
  socket.tell({ type: "summary", ...summary("bob", 6, { unread: 3, read: { you: 3, peer: 0 } }) });
  expect(bob.status.value.unread).toBe(3);
  bob.markRead();
  expect(bob.status.value.unread).toBe(0);
  socket.tell({ type: "read", peer: "bob", user: "ann", seq: 6 });
  socket.tell({ type: "message", peer: "bob", message: message(7, { author: "ann" }) });
  socket.tell({ type: "message", peer: "bob", message: message(8) });
  expect(bob.status.value.unread).toBe(1);
});

test("[CL14] how far one's own message has come: pending, failed, sent, delivered, read", async () => {
  const { socket, bob } = await startedWithBob(0);
  void bob.send("hello");
  await passMs(0);
  const delivery = () => bob.messages.value.map((each) => deliveryOf(each, bob.status.value));
  expect(delivery()).toEqual(["pending"]);
  const id = String(socket.of("send")[0]?.["id"]);
  socket.tell({ type: "message", peer: "bob", message: message(1, { id, author: "ann" }) });
  expect(delivery()).toEqual(["sent"]);
  socket.tell({ type: "delivered", peer: "bob", user: "bob", seq: 1 });
  expect(delivery()).toEqual(["delivered"]);
  socket.tell({ type: "read", peer: "bob", user: "bob", seq: 1 });
  expect(delivery()).toEqual(["read"]);
  void bob.send("no");
  await passMs(0);
  socket.tell({
    type: "error",
    peer: "bob",
    id: socket.of("send")[1]?.["id"],
    code: "blocked",
    message: "no",
  });
  expect(delivery()).toEqual(["read", "failed"]);
});

test("[CL18] typing is told every 3 s while it goes on, and once when it ends", async () => {
  const { socket, bob } = await startedWithBob();
  for (let key = 0; key < 50; key += 1) {
    bob.typing(true);
    await passMs(100);
  }
  bob.typing(false);
  bob.typing(false);
  expect(socket.of("typing").map(({ on }) => on)).toEqual([true, true, false]);
});

test("[CL18] a send ends it without a frame", async () => {
  const { socket, bob } = await startedWithBob();
  bob.typing(true);
  void bob.send("said");
  bob.typing(false);
  bob.typing(true);
  expect(socket.of("typing").map(({ on }) => on)).toEqual([true, true]);
});

test("[CL18] the peer's typing is believed for 8 s, until their message, or until they are gone", async () => {
  const { socket, bob } = await startedWithBob();
  const tell = () => socket.tell({ type: "typing", peer: "bob", user: "bob", on: true });
  tell();
  await passMs(7_999);
  expect(bob.status.value.peerTyping).toBe(true);
  await passMs(1);
  expect(bob.status.value.peerTyping).toBe(false);
  tell();
  socket.tell({ type: "message", peer: "bob", message: message(6) });
  expect(bob.status.value.peerTyping).toBe(false);
  tell();
  socket.end(1006);
  expect(bob.status.value.peerTyping).toBe(false);
});

test("[CL16] a value stays the same object until it changes, and listeners are called once a turn", async () => {
  const { socket, bob } = await startedWithBob();
  let calls = 0;
  const end = bob.messages.subscribe(() => {
    calls += 1;
  });
  socket.tell(synced(5));
  await passMs(0);
  calls = 0;
  const before = bob.messages.value;
  expect(bob.messages.value).toBe(before);
  [6, 7, 8].forEach((seq) => socket.tell({ type: "message", peer: "bob", message: message(seq) }));
  expect(calls).toBe(0);
  await passMs(0);
  expect(calls).toBe(1);
  expect(bob.messages.value).not.toBe(before);
  end();
  socket.tell({ type: "message", peer: "bob", message: message(9) });
  await passMs(0);
  expect(calls).toBe(1);
});

test("[CL16] of a conversation that nobody looks at the newest 200 messages are kept", async () => {
  const { socket, bob } = await startedWithBob(0);
  for (let seq = 1; seq <= 250; seq += 1) {
    socket.tell({ type: "message", peer: "bob", message: message(seq) });
  }
  expect(bob.messages.value.length).toBe(200);
  expect(bob.messages.value.at(0)?.seq).toBe(51);
  expect(bob.messages.hasOlder).toBe(true);
});
