import { expect, test } from "vitest";
import { emptyList, freezeTime, message, nextSocket, passMs, summary, worldOf } from "./fake-server.ts";

freezeTime();

const listOf = (conversations: readonly object[], more: object = {}) => ({
  ...emptyList,
  conversations,
  ...more,
});

test("[CL15] conversations stand with the newest message first, and move when one comes", async () => {
  const world = worldOf();
  const socket = await world.greet(listOf([summary("bob", 5), summary("cid", 9)]));
  const peers = () => world.client.conversations.value.map(({ peer }) => peer);
  expect(peers()).toEqual(["cid", "bob"]);
  socket.tell({ type: "message", peer: "bob", message: message(6, { createdAt: 2_000 }) });
  const last = { author: "bob", text: "text 6", createdAt: 2_000 };
  socket.tell({ type: "summary", ...summary("bob", 6, { last }) });
  expect(peers()).toEqual(["bob", "cid"]);
  expect(world.client.conversations.value[0]).toMatchObject({ head: 6, last: { text: "text 6" } });
});

test("[CL15] of two forms of one conversation the newer counts, by rev, then state; read marks only grow", async () => {
  const world = worldOf();
  const socket = await world.greet(
    listOf([summary("bob", 5, { rev: 7, state: 3, read: { you: 4, peer: 2 } })]),
  );
  const tell = (more: object) => socket.tell({ type: "summary", ...summary("bob", 5, more) });
  const now = () => world.client.conversations.value[0];
  tell({ rev: 6, state: 9, muted: true, read: { you: 3, peer: 5 } });
  expect(now()).toMatchObject({ rev: 7, state: 3, muted: false, read: { you: 4, peer: 5 } });
  tell({ rev: 7, state: 4, muted: true, read: { you: 4, peer: 2 } });
  expect(now()).toMatchObject({ rev: 7, state: 4, muted: true, read: { you: 4, peer: 5 } });
});

test("[CL15] more of the list is loaded on demand, and unread counts over all of it", async () => {
  const world = worldOf();
  const unread = { messages: 10, conversations: 3 };
  await world.greet(listOf([summary("bob", 5, { unread: 2 })], { unread, nextCursor: "next" }));
  const { conversations } = world.client;
  expect([conversations.hasMore, conversations.unread]).toEqual([true, unread]);
  world.answers.set("GET /v1/conversations?cursor=next&limit=50", () => ({
    status: 200,
    body: listOf([summary("cid", 3, { unread: 7 }), summary("dan", 2, { unread: 1 })], { unread }),
  }));
  await Promise.all([conversations.loadMore(), conversations.loadMore()]);
  expect(world.requests.length).toBe(1);
  expect([conversations.hasMore, conversations.value.length, conversations.unread]).toEqual([
    false,
    3,
    unread,
  ]);
  world.socket.tell({ type: "summary", ...summary("cid", 3, { state: 1, read: { you: 3, peer: 0 } }) });
  expect(conversations.unread).toEqual({ messages: 3, conversations: 2 });
});

test("[CL15] unread follows what is told, also of conversations that are not loaded", async () => {
  const world = worldOf();
  const socket = await world.greet(
    listOf([summary("bob", 5, { unread: 2 })], {
      unread: { messages: 10, conversations: 3 },
      nextCursor: "next",
    }),
  );
  socket.tell({ type: "summary", ...summary("bob", 6, { unread: 3 }) });
  expect(world.client.conversations.unread).toEqual({ messages: 11, conversations: 3 });
  world.answers.set("GET /v1/conversations?limit=1", () => ({
    status: 200,
    body: listOf([summary("far", 9, { unread: 5 })], {
      unread: { messages: 12, conversations: 3 },
      nextCursor: "x",
    }),
  }));
  socket.tell({ type: "summary", ...summary("far", 9, { unread: 5 }) });
  await passMs(3_000);
  expect(world.client.conversations.unread).toEqual({ messages: 12, conversations: 3 });
  socket.tell({ type: "summary", ...summary("far", 10, { unread: 6 }) });
  expect(world.client.conversations.unread).toEqual({ messages: 13, conversations: 3 });
});

test("[CL15] unread says how many messages are muted, also of conversations that are not loaded", async () => {
  const world = worldOf();
  const unread = { messages: 10, conversations: 3, mutedMessages: 7 };
  await world.greet(
    listOf([summary("bob", 5, { unread: 2 }), summary("cid", 3, { unread: 3, muted: true })], {
      unread,
      nextCursor: "next",
    }),
  );
  const { conversations } = world.client;
  expect(conversations.unread).toEqual(unread);
  const tell = (peer: string, head: number, more: object) =>
    world.socket.tell({ type: "summary", ...summary(peer, head, more) });
  tell("cid", 4, { unread: 4, muted: true });
  expect(conversations.unread).toEqual({ messages: 11, conversations: 3, mutedMessages: 8 });
  tell("bob", 5, { unread: 2, state: 1, muted: true });
  expect(conversations.unread).toEqual({ messages: 11, conversations: 3, mutedMessages: 10 });
  tell("cid", 4, { unread: 4, state: 2, muted: false });
  expect(conversations.unread).toEqual({ messages: 11, conversations: 3, mutedMessages: 6 });
});

test("[CL15] after a break the list asks what moved, some seconds later", async () => {
  const world = worldOf();
  const socket = await world.greet(listOf([summary("bob", 5)], { position: 7_000 }));
  socket.end(1006);
  await nextSocket(world);
  const second = await world.greet(listOf([summary("bob", 5)], { position: 9_000 }));
  const page = (peers: string[], more: object = {}) => ({
    status: 200,
    body: listOf(
      peers.map((peer) => summary(peer, 8)),
      { position: 9_500, ...more },
    ),
  });
  const start = "GET /v1/conversations?changedSince=7000&limit=500";
  world.answers.set(`${start}&cursor=more`, () => page(["cid"]));
  world.answers.set(start, () => page(["bob"], { nextCursor: "more" }));
  await passMs(4_999);
  expect(world.requests).toEqual([]);
  await passMs(1);
  expect(world.requests).toEqual([start, `${start}&cursor=more`]);
  expect(world.client.conversations.value.map(({ peer }) => peer)).toEqual(["bob", "cid"]);
  // Bob's moved while nobody listened.
  expect(second.of("sync")).toEqual([{ type: "sync", peer: "bob", after: 5 }]);
});

test("[CL15] a list that the archive could not give is asked for until it comes", async () => {
  const world = worldOf();
  await passMs(0);
  world.socket.open();
  let tries = 0;
  world.answers.set("GET /v1/conversations?limit=50", () => {
    tries += 1;
    return tries < 8
      ? { status: 503, body: { code: "archive_unavailable", detail: "away" } }
      : { status: 200, body: listOf([summary("bob", 5)]) };
  });
  world.socket.tell({ type: "ready", you: "ann", limits: { maxFrameBytes: 65_536, maxPresencePeers: 50 } });
  await passMs(300_000);
  expect(world.client.conversations.value.map(({ peer }) => peer)).toEqual(["bob"]);
  expect(tries).toBe(8);
});

test("[CL15] archived conversations come when they are asked for, and count as none", async () => {
  const world = worldOf();
  await world.greet(listOf([summary("bob", 5, { unread: 1 })]));
  world.answers.set("GET /v1/conversations?archived=true&limit=500", () => ({
    status: 200,
    body: listOf([summary("old", 9, { archived: true, unread: 4 })]),
  }));
  await world.client.conversations.loadArchived();
  expect(world.client.conversations.value.map(({ peer, archived }) => [peer, archived])).toEqual([
    ["old", true],
    ["bob", false],
  ]);
  expect(world.client.conversations.unread).toEqual({ messages: 1, conversations: 1 });
});

test("[CL15] who a peer is that was not listed is asked once, and stays known", async () => {
  const world = worldOf();
  const socket = await world.greet();
  world.answers.set("GET /v1/users/eve", () => ({ status: 200, body: { id: "eve", name: "Eve" } }));
  socket.tell({ type: "summary", ...summary("eve", 1) });
  await passMs(0);
  socket.tell({ type: "summary", ...summary("eve", 2) });
  await passMs(0);
  expect(world.requests).toEqual(["GET /v1/users/eve"]);
  expect(world.client.conversations.value).toMatchObject([{ head: 2, profile: { name: "Eve" } }]);
  expect(world.client.conversation("eve").status.value.profile).toEqual({ name: "Eve" });
});

test("[CL15] after a reset a summary of a lower rev is the newer one", async () => {
  const world = worldOf();
  const socket = await world.greet(listOf([summary("bob", 9, { read: { you: 9, peer: 9 } })]));
  socket.tell({ type: "reset", peer: "bob", rev: 4 });
  socket.tell({ type: "summary", ...summary("bob", 4, { read: { you: 2, peer: 1 } }) });
  expect(world.client.conversations.value[0]).toMatchObject({ head: 4, rev: 4, read: { you: 2, peer: 1 } });
});

test("[CL15] flags and blocks answer with the conversation as it is then", async () => {
  const world = worldOf();
  await world.greet(listOf([summary("bob", 5)]));
  const bob = world.client.conversation("bob");
  world.answers.set("PATCH /v1/conversations/bob", () => ({
    status: 200,
    body: { you: "ann", ...summary("bob", 5, { state: 1, muted: true }) },
  }));
  await bob.set({ muted: true });
  expect(bob.status.value).toMatchObject({ muted: true, blocked: false });
  world.answers.set("PUT /v1/conversations/bob/block", () => ({
    status: 200,
    body: { you: "ann", ...summary("bob", 5, { state: 2, muted: true, blocked: true }) },
  }));
  await bob.block();
  expect(bob.status.value).toMatchObject({ muted: true, blocked: true });
  expect(world.client.conversations.value[0]).toMatchObject({ blocked: true });
});

test("[CL21] presence is followed of what is looked at, 50 at most, and told again on a new socket", async () => {
  const world = worldOf();
  const listed = Array.from({ length: 60 }, (_, index) => summary(`peer${index}`, index + 1));
  const socket = await world.greet(listOf(listed));
  await passMs(50);
  expect(socket.of("subscribe")).toEqual([]);
  const end = world.client.conversations.subscribe(() => {});
  world.client.conversation("peer3").status.subscribe(() => {});
  await passMs(50);
  const [subscribe] = socket.of("subscribe");
  const peers = subscribe?.["peers"] as string[];
  expect([peers.length, peers[0], peers[1]]).toEqual([50, "peer3", "peer59"]);
  socket.tell({ type: "presence", peer: "peer59", user: "peer59", online: true });
  socket.tell({ type: "presence", peer: "peer3", user: "peer3", online: false, lastSeen: 60_000 });
  expect(world.client.conversations.value[0]).toMatchObject({ peer: "peer59", peerOnline: true });
  expect(world.client.conversation("peer3").status.value).toMatchObject({
    peerOnline: false,
    lastSeenMs: 60_000,
  });
  socket.end(1006);
  expect(world.client.conversations.value[0]?.peerOnline).toBeUndefined();
  await nextSocket(world);
  const second = await world.greet(listOf(listed));
  await passMs(50);
  expect(second.of("subscribe").length).toBe(1);
  end();
  await passMs(50);
  expect(second.of("subscribe").at(-1)).toMatchObject({ peers: ["peer3"] });
});

test("[CL21] a subscription that cannot be taken now is told again", async () => {
  const world = worldOf();
  const socket = await world.greet(listOf([summary("bob", 5)]));
  world.client.conversations.subscribe(() => {});
  await passMs(50);
  socket.tell({ type: "error", code: "archive_unavailable", message: "away", retryAfterMs: 2_000 });
  await passMs(2_000);
  expect(socket.of("subscribe").length).toBe(2);
});
