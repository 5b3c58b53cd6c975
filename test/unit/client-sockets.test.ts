import { expect, test } from "vitest";
import {
  codeOf,
  freezeTime,
  limits,
  listOfBob,
  message,
  nextSocket,
  passMs,
  startedWithBob,
  synced,
  worldOf,
} from "./fake-server.ts";

freezeTime();

test.each([
  [0, 4_000],
  [1, 4_000],
  [1_000, 4_000],
  [9_999, 4_000],
  [10_000, 1_000],
])(
  "[CL1] after two failures and a connection that lived for %i ms, the wait is up to %i ms",
  async (livedMs, boundMs) => {
    const world = worldOf();
    for (const waitMs of [1_000, 2_000]) {
      await passMs(0);
      world.socket.end(1006);
      await passMs(waitMs);
    }
    const socket = await world.greet();
    await passMs(livedMs);
    socket.end(1006);
    await passMs(boundMs - 2);
    expect(world.sockets.length).toBe(3);
    await passMs(2);
    expect(world.sockets.length).toBe(4);
  },
);

test("[CL3] a socket that closes and never ends is replaced, though no ping can be sent", async () => {
  const { world, socket } = await startedWithBob();
  socket.readyState = 2;
  await passMs(30_000 + 9_999);
  expect(world.client.connection.value.state).toBe("open");
  await passMs(1);
  expect(world.client.connection.value).toMatchObject({ state: "waiting", error: { code: "network" } });
  await passMs(1_000);
  expect(world.sockets.length).toBe(2);
});

test("[CL3] a send to such a socket does not wait for the next ping", async () => {
  const { world, socket, bob } = await startedWithBob();
  socket.readyState = 2;
  void bob.send("Hi");
  await passMs(10_000);
  const next = await nextSocket(world).then(() => world.greet(listOfBob(5)));
  next.tell(synced(5));
  expect(next.of("send")).toMatchObject([{ text: "Hi" }]);
});

test("[CL3] nor does the app's `connect()`", async () => {
  const { world, socket } = await startedWithBob();
  socket.readyState = 3;
  world.client.connect();
  await passMs(10_000);
  expect(world.client.connection.value.state).toBe("waiting");
});

test("[CL3] a socket that says something, but never greets, is replaced", async () => {
  const world = worldOf();
  await passMs(0);
  world.socket.open();
  world.socket.tell({ type: "error", code: "internal", message: "no greeting" });
  await passMs(9_999);
  expect(world.client.connection.value.state).toBe("connecting");
  await passMs(1);
  expect(world.client.connection.value).toMatchObject({ state: "waiting", error: { code: "network" } });
});

test("[CL3] a replay before the greeting may take as long as it goes on", async () => {
  const world = worldOf({ peer: "bob" });
  await passMs(0);
  world.socket.open();
  for (let seq = 1; seq <= 5; seq += 1) {
    await passMs(9_000);
    world.socket.tell({ type: "message", message: message(seq) });
  }
  world.socket.tell({ ...synced(5), type: "ready", you: "ann", limits });
  await passMs(20_000);
  expect([world.sockets.length, world.client.connection.value.state]).toEqual([1, "open"]);
});

test.each(["<html>", "null", "7"])(
  "[CL3] a socket that says what is no frame (%s) is replaced",
  async (text) => {
    const { world, socket } = await startedWithBob();
    expect(() => socket.onmessage?.({ data: text })).not.toThrow();
    expect(world.client.connection.value).toMatchObject({ state: "waiting", error: { code: "network" } });
    await nextSocket(world);
    await world.greet(listOfBob(5));
    expect(world.client.connection.value.state).toBe("open");
  },
);

test("[CL10] a page of an origin that is not allowed: the client stops, and says which setting is missing", async () => {
  const world = worldOf({ fetch: () => Promise.reject(new TypeError("Failed to fetch")) });
  const blocked = codeOf(world.client.conversation("bob").block());
  await passMs(0);
  world.socket.open();
  world.socket.end(
    4403,
    "origin_refused: this page's origin is not allowed, add it to ALLOWED_ORIGINS of the Worker",
  );
  const { value } = world.client.connection;
  expect(value).toMatchObject({ state: "stopped", error: { code: "origin_refused" } });
  expect(value.state === "stopped" && value.error.message).toContain("ALLOWED_ORIGINS");
  await passMs(30_000);
  expect([world.sockets.length, blocked.code]).toEqual([1, "origin_refused"]);
});
