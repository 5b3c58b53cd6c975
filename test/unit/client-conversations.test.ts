import { expect, test } from "vitest";
import { emptyList, freezeTime, nextSocket, passMs, summary, worldOf } from "./fake-server.ts";

freezeTime();

const listOf = (...conversations: object[]) => ({ ...emptyList, conversations });

test("[CL4] what an unobserved conversation was to catch up when the socket died, the next one brings", async () => {
  const world = worldOf();
  const socket = await world.greet(listOf(summary("bob", 5)));
  socket.tell({ type: "summary", ...summary("bob", 8) });
  await passMs(0);
  expect(socket.of("sync")).toMatchObject([{ peer: "bob", after: 5 }]);
  socket.end(1006);
  await nextSocket(world);
  // Bob's is behind the list's first page now.
  const next = await world.greet(listOf(summary("carl", 1)));
  expect(next.of("sync")).toMatchObject([{ peer: "bob", after: 5 }]);
});

test("[CL15] what moved is asked for from the same position again where one of its pages fails", async () => {
  const world = worldOf();
  (await world.greet({ ...emptyList, position: 100 })).end(1006);
  let asked = 0;
  world.answers.set("GET /v1/conversations?changedSince=", () => {
    asked += 1;
    return asked === 1
      ? { status: 200, body: { ...emptyList, position: 200, nextCursor: "c" } }
      : asked === 2
        ? { status: 400, body: { code: "bad_request" } }
        : { status: 200, body: { ...emptyList, position: 300 } };
  });
  await nextSocket(world);
  await world.greet({ ...emptyList, position: 150 });
  await passMs(20_000);
  expect(world.requests.filter((request) => request.includes("changedSince=100")).length).toBe(3);
});

test("[CL16] `subscribe` needs no object before it", async () => {
  const world = worldOf();
  const bob = world.client.conversation("bob");
  for (const live of [bob.messages, bob.status, world.client.connection, world.client.conversations]) {
    // As React's `useSyncExternalStore` takes it.
    const { subscribe } = live;
    subscribe(() => {})();
  }
  await passMs(0);
  expect(world.sockets.length).toBe(1);
});

test("[CL21] a conversation that is new in a list that is looked at is followed", async () => {
  const world = worldOf();
  world.client.conversations.subscribe(() => {});
  const socket = await world.greet(listOf(summary("bob", 5)));
  await passMs(100);
  socket.tell({ type: "summary", ...summary("carl", 1) });
  await passMs(100);
  expect(socket.of("subscribe").at(-1)?.["peers"]).toContain("carl");
});

test("[CL22] no conversation is with what can be no user id", async () => {
  const world = worldOf();
  for (const peer of ["", ".", "..", "zoë", "a".repeat(129), "line\n"]) {
    expect(() => world.client.conversation(peer)).toThrow(expect.objectContaining({ code: "bad_peer" }));
  }
  expect(world.client.conversation("Ann Other~").peer).toBe("Ann Other~");
  expect(() => worldOf({ peer: "" })).toThrow(expect.objectContaining({ code: "bad_peer" }));
});
