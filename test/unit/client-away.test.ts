import { expect, test } from "vitest";
import {
  answerPages,
  awayWorld,
  listAt,
  messagesOfEve,
  reported,
  serverMs,
  summaryOfEve,
} from "./client-away-world.ts";
import { freezeTime, message, nextSocket, passMs, summary, synced, worldOf } from "./fake-server.ts";

freezeTime();

test("[CL16] messages that a new user sent while the network was away are one event each, in order", async () => {
  const world = await awayWorld();
  answerPages(
    world,
    messagesOfEve(11, 12).map((each, index) => ({ ...each, seq: index + 1 })),
    12,
  );
  const second = await world.greet(
    listAt(20, [summary("eve", 2, { rev: 12, last: summaryOfEve(12)["last"] })]),
  );
  expect(reported(world)).toEqual(["eve new 1", "eve new 2"]);
  second.tell({ type: "message", peer: "eve", message: message(3, { rev: 13, author: "eve" }) });
  second.tell(synced(13, 3, { peer: "eve" }));
  second.tell({ type: "message", peer: "eve", message: message(4, { rev: 14, author: "eve" }) });
  expect(reported(world)).toEqual(["eve new 1", "eve new 2", "eve new 3", "eve new 4"]);
  expect(second.of("sync")).toEqual([{ type: "sync", peer: "eve", after: 12 }]);
});

test("[CL16] so are those of a known user beyond the first page of the list, when they write again", async () => {
  const world = await awayWorld();
  answerPages(world, messagesOfEve(1, 13), 40);
  const second = await world.greet(listAt(20));
  second.tell({ type: "message", peer: "eve", message: { ...messagesOfEve(13, 13)[0], rev: 40 } });
  await passMs(0);
  second.tell(synced(40, 13, { peer: "eve" }));
  expect(reported(world)).toEqual(["eve new 11", "eve new 12", "eve new 13"]);
});

test("[CL16] and when they do not: what moved is asked for", async () => {
  const world = await awayWorld();
  answerPages(world, messagesOfEve(1, 12), 12);
  world.answers.set(`GET /v1/conversations?changedSince=${serverMs(10)}`, () => ({
    status: 200,
    body: listAt(25, [summaryOfEve(12)]),
  }));
  await world.greet(listAt(20));
  await passMs(5_000);
  expect(reported(world)).toEqual(["eve new 11", "eve new 12"]);
});

test("[CL16] more than a page of them, some changed already", async () => {
  const world = await awayWorld();
  const missed = messagesOfEve(1, 250).map((each) =>
    each.seq === 200 ? { ...each, rev: 251, editedAt: serverMs(400) } : each,
  );
  answerPages(world, missed, 251);
  await world.greet(listAt(500, [summaryOfEve(250, { rev: 251 })]));
  expect(reported(world)).toEqual(messagesOfEve(11, 250).map(({ seq }) => `eve new ${seq}`));
});

test("[CL16] more than can be replayed: the messages begin anew, and the app gets `reset`", async () => {
  const world = await awayWorld();
  answerPages(world, messagesOfEve(1, 1_300), 1_300);
  const second = await world.greet(listAt(2_000, [summaryOfEve(1_300)]));
  await passMs(0);
  expect(world.events.reset).toEqual([{ peer: "eve" }]);
  second.tell(synced(1_300, 1_300, { peer: "eve" }));
  second.tell({ type: "message", peer: "eve", message: message(1_301, { author: "eve" }) });
  expect(reported(world)).toEqual(["eve new 1301"]);
});

test("[CL16] what was there before the client connected first is no event, and costs no request", async () => {
  const world = await awayWorld();
  const second = await world.greet(listAt(20, [summaryOfEve(9)]));
  await passMs(0);
  expect(reported(world)).toEqual([]);
  expect([world.requests, second.frames]).toEqual([[], []]);
});

test("[CL16] what was missed is found over a change of sockets too", async () => {
  const world = await awayWorld();
  answerPages(world, messagesOfEve(1, 12), 12);
  const found = world.answers.get("GET /v1/conversations/eve/messages");
  const away = Promise.withResolvers<void>();
  world.answers.set("GET /v1/conversations/eve/messages", () => away.promise.then(() => found?.() as never));
  const second = await world.greet(listAt(20, [summaryOfEve(12)]));
  second.end(1006);
  await nextSocket(world);
  const third = await world.greet(listAt(30));
  away.resolve();
  await passMs(0);
  third.tell(synced(12, 12, { peer: "eve" }));
  expect(reported(world)).toEqual(["eve new 11", "eve new 12"]);
});

test("[CL16] a page of the list may show a message before its frame comes", async () => {
  const world = worldOf();
  const socket = await world.greet({ ...listAt(10), nextCursor: "next" });
  answerPages(world, messagesOfEve(1, 11), 11);
  world.answers.set("GET /v1/conversations?cursor=next", () => ({
    status: 200,
    body: listAt(20, [summaryOfEve(11)]),
  }));
  await world.client.conversations.loadMore();
  socket.tell({ type: "message", peer: "eve", message: messagesOfEve(11, 11)[0] });
  await passMs(0);
  socket.tell(synced(11, 11, { peer: "eve" }));
  expect(reported(world)).toEqual(["eve new 11"]);
});

test("[CL16] a message that was changed before its replay came is new all the same", async () => {
  const world = worldOf();
  const socket = await world.greet(listAt(10));
  const [sent] = messagesOfEve(11, 11);
  socket.tell({ type: "message", peer: "eve", message: { ...sent, rev: 30 } });
  socket.end(1006);
  await nextSocket(world);
  const second = await world.greet(listAt(20));
  expect(second.of("sync")).toEqual([{ type: "sync", peer: "eve", after: 29 }]);
  const edited = { ...sent, rev: 31, editedAt: serverMs(12) };
  second.tell({ type: "message", peer: "eve", message: edited });
  second.tell(synced(31, 11, { peer: "eve" }));
  expect(reported(world)).toEqual(["eve new 11"]);
});
