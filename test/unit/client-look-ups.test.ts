import { expect, test, vi } from "vitest";
import {
  answerPages,
  awayWorld,
  listAt,
  messagesOfEve,
  reported,
  serverMs,
  summaryOfEve,
} from "./client-away-world.ts";
import { freezeTime, message, nextSocket, passMs, summary, synced, type Answer } from "./fake-server.ts";
import type { World } from "./fake-server.ts";

freezeTime();

const pagesOfEve = "GET /v1/conversations/eve/messages";
const problem = (status: number, code: string, more: object = {}): Answer => ({
  status,
  body: { code, ...more },
});

/** Requests for pages fail in these ways, then succeed. */
function failFirst(world: World, failures: readonly (() => Answer | Promise<Answer>)[], messages = 12): void {
  answerPages(world, messagesOfEve(1, messages), messages);
  const found = world.answers.get(pagesOfEve) as () => Answer;
  const left = [...failures];
  world.answers.set(pagesOfEve, () => (left.shift() ?? found)());
}

const lookUpsOf = (world: World) => world.requests.filter((request) => request.startsWith(pagesOfEve));
const networkFailure = () => Promise.reject<Answer>(new TypeError("fetch failed"));
const noAnswer = () => new Promise<Answer>(() => {});

test("[CL16] at most four requests look for missed messages at a time", async () => {
  const world = await awayWorld();
  const peers = Array.from({ length: 11 }, (_, index) => `new${index}`);
  const waiting: (() => void)[] = [];
  let most = 0;
  for (const peer of peers) {
    world.answers.set(`GET /v1/conversations/${peer}/messages`, async () => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        most = Math.max(most, waiting.length);
      });
      const messages = [message(1, { author: peer, createdAt: serverMs(15) })];
      return { status: 200, body: { messages, hasMore: false, head: 1, rev: 1 } };
    });
  }
  const last = { author: "new", text: "", createdAt: serverMs(15) };
  const summaries = peers.map((peer) => summary(peer, 1, { last }));
  const socket = await world.greet(listAt(20, summaries.slice(0, 6)));
  for (let answered = 0; answered < peers.length; answered += 1) {
    waiting.shift()?.();
    await passMs(0);
    if (answered === 2) {
      summaries.slice(6).forEach((each) => socket.tell({ type: "summary", ...each }));
      await passMs(0);
    }
  }
  expect(most).toBe(4);
  expect(world.requests.filter((request) => request.includes("limit="))).toEqual(
    peers.map((peer) => `GET /v1/conversations/${peer}/messages?limit=100`),
  );
  expect(reported(world)).toEqual(peers.map((peer) => `${peer} new 1`));
});

test("[CL16] a look-up that waits for another try keeps no other from its own", async () => {
  const world = await awayWorld();
  const refusing = ["new0", "new1", "new2", "new3"];
  for (const peer of refusing) {
    world.answers.set(`GET /v1/conversations/${peer}/messages`, () =>
      problem(429, "rate_limited", { retryAfterMs: 60_000 }),
    );
  }
  answerPages(world, messagesOfEve(1, 12), 12);
  const last = { author: "new", text: "", createdAt: serverMs(15) };
  await world.greet(listAt(20, [...refusing.map((peer) => summary(peer, 1, { last })), summaryOfEve(12)]));
  expect(reported(world)).toEqual(["eve new 11", "eve new 12"]);
});

test.each([
  ["the network fails", networkFailure],
  ["D1 is away", () => problem(503, "archive_unavailable")],
  ["it is too many at once", () => problem(429, "rate_limited", { retryAfterMs: 500 })],
  ["what stands between fails", () => ({ status: 502, body: "<html>" })],
  ["the token has expired", () => problem(401, "token_expired")],
] as const)("[CL16] %s: the look-up is repeated, and no event is lost", async (_, failure) => {
  const world = await awayWorld();
  failFirst(world, [failure, failure, failure, failure]);
  const socket = await world.greet(listAt(20, [summaryOfEve(12)]));
  socket.tell({ type: "message", peer: "eve", message: message(13, { author: "eve" }) });
  await passMs(2_000 + 4_000 + 8_000);
  expect(reported(world)).toEqual([]);
  await passMs(16_000);
  socket.tell({ type: "message", peer: "eve", message: message(13, { author: "eve" }) });
  socket.tell(synced(13, 13, { peer: "eve" }));
  expect(reported(world)).toEqual(["eve new 11", "eve new 12", "eve new 13"]);
  expect([lookUpsOf(world), world.events.reset]).toEqual([
    Array.from({ length: 5 }, () => `${pagesOfEve}?limit=100`),
    [],
  ]);
});

test("[CL16] a look-up without an answer in ten seconds is repeated", async () => {
  const world = await awayWorld();
  failFirst(world, [noAnswer]);
  await world.greet(listAt(20, [summaryOfEve(12)]));
  await passMs(12_000);
  expect(reported(world)).toEqual(["eve new 11", "eve new 12"]);
});

test("[CL16] a look-up waits as long as the server says, whatever comes meanwhile, and over a change of sockets", async () => {
  const world = await awayWorld();
  failFirst(world, [() => problem(429, "rate_limited", { retryAfterMs: 20_000 })]);
  const second = await world.greet(listAt(20, [summaryOfEve(12)]));
  second.tell({ type: "message", peer: "eve", message: message(13, { author: "eve" }) });
  second.end(1006);
  await nextSocket(world);
  await world.greet(listAt(30, [summaryOfEve(12)]));
  await passMs(10_000);
  expect(lookUpsOf(world)).toHaveLength(1);
  await passMs(10_000);
  expect(reported(world)).toEqual(["eve new 11", "eve new 12"]);
});

test("[CL16] it goes on as soon as another socket is open", async () => {
  const world = await awayWorld();
  failFirst(world, [networkFailure, networkFailure, networkFailure]);
  const second = await world.greet(listAt(20, [summaryOfEve(12)]));
  await passMs(2_000 + 4_000);
  second.end(1006);
  await nextSocket(world);
  const before = reported(world);
  await world.greet(listAt(30));
  expect([before, reported(world)]).toEqual([[], ["eve new 11", "eve new 12"]]);
});

test("[CL16] what fails while the client is away does not count, nor is it repeated before it is back", async () => {
  const world = await awayWorld();
  const away = Array.from({ length: 12 }, () => Promise.withResolvers<Answer>());
  failFirst(
    world,
    away.map(
      ({ promise }) =>
        () =>
          promise,
    ),
  );
  for (const { reject } of away) {
    const socket = await world.greet(listAt(20, [summaryOfEve(12)]));
    socket.end(1006);
    reject(new TypeError("fetch failed"));
    await nextSocket(world);
  }
  expect(lookUpsOf(world)).toHaveLength(away.length);
  await world.greet(listAt(30));
  expect([reported(world), world.events.reset]).toEqual([["eve new 11", "eve new 12"], []]);
});

test("[CL16] after five failures in a row the messages begin anew, and the app gets `reset`", async () => {
  const world = await awayWorld();
  failFirst(
    world,
    Array.from({ length: 5 }, () => networkFailure),
  );
  const second = await world.greet(listAt(20, [summaryOfEve(12)]));
  await passMs(2_000 + 4_000 + 8_000);
  expect(world.events.reset).toEqual([]);
  await passMs(16_000);
  expect(world.events.reset).toEqual([{ peer: "eve" }]);
  second.tell(synced(12, 12, { peer: "eve" }));
  second.tell({ type: "message", peer: "eve", message: message(13, { author: "eve" }) });
  expect(reported(world)).toEqual(["eve new 13"]);
});

test.each(["not_found", "unknown_peer", "stale"])(
  "[CL16] `%s` is final: the messages begin anew at once",
  async (code) => {
    const world = await awayWorld();
    failFirst(world, [() => problem(404, code)]);
    await world.greet(listAt(20, [summaryOfEve(12)]));
    expect([world.events.reset, world.requests]).toEqual([[{ peer: "eve" }], [`${pagesOfEve}?limit=100`]]);
  },
);

test("[CL16] a page that came is not loaded again, and ends the row of failures", async () => {
  const world = await awayWorld();
  const page = () => {
    const query = new URLSearchParams(world.requests.at(-1)?.split("?")[1]);
    const before = Number(query.get("before") ?? 251);
    const body = { messages: messagesOfEve(before - 100, before - 1), hasMore: true, head: 250, rev: 250 };
    return { status: 200, body };
  };
  const four = Array.from({ length: 4 }, () => networkFailure);
  failFirst(world, [...four, page, ...four], 250);
  await world.greet(listAt(500, [summaryOfEve(250)]));
  await passMs(70_000);
  expect(reported(world)).toEqual(messagesOfEve(11, 250).map(({ seq }) => `eve new ${seq}`));
  expect(world.events.reset).toEqual([]);
  expect(new Set(lookUpsOf(world).slice(0, 5))).toEqual(new Set([`${pagesOfEve}?limit=100`]));
  expect(new Set(lookUpsOf(world).slice(5, 10))).toEqual(
    new Set([`${pagesOfEve}?before=151&limit=100&rev=250`]),
  );
});

test("[CL16] a message that changed between two pages is no second event when the replay brings it again", async () => {
  const world = await awayWorld();
  const missed = messagesOfEve(1, 150).map((each) =>
    each.seq === 20 ? { ...each, rev: 151, editedAt: serverMs(400) } : each,
  );
  answerPages(world, missed, 150);
  const socket = await world.greet(listAt(500, [summaryOfEve(150)]));
  socket.tell({ type: "message", peer: "eve", message: missed[19] });
  socket.tell(synced(151, 150, { peer: "eve" }));
  expect(reported(world)).toEqual(messagesOfEve(11, 150).map(({ seq }) => `eve new ${seq}`));
  socket.tell({ type: "message", peer: "eve", message: { ...missed[19], rev: 152 } });
  expect(reported(world).at(-1)).toBe("eve changed 20");
});

test("[CL16] a reset of the conversation ends its look-up", async () => {
  const world = await awayWorld();
  failFirst(world, [networkFailure]);
  const socket = await world.greet(listAt(20, [summaryOfEve(12)]));
  socket.tell({ type: "reset", peer: "eve", rev: 12 });
  socket.tell(synced(12, 12, { peer: "eve" }));
  await passMs(60_000);
  expect([lookUpsOf(world), reported(world)]).toEqual([[`${pagesOfEve}?limit=100`], []]);
});

test("[CL16] a look-up that waits for its turn asks nothing once the socket is lost or the conversation reset", async () => {
  const world = await awayWorld();
  const hanging = ["new0", "new1", "new2", "new3"].map((peer) => {
    const answer = Promise.withResolvers<Answer>();
    world.answers.set(`GET /v1/conversations/${peer}/messages`, () => answer.promise);
    return { peer, answer };
  });
  const last = { author: "new", text: "", createdAt: serverMs(15) };
  const newOnes = [...hanging.map(({ peer }) => peer), "kay"].map((peer) => summary(peer, 1, { last }));
  failFirst(world, []);
  const second = await world.greet(listAt(20, [...newOnes, summaryOfEve(12)]));
  second.tell({ type: "reset", peer: "kay", rev: 1 });
  second.end(1006);
  hanging.forEach(({ answer }) => answer.reject(new TypeError("fetch failed")));
  await nextSocket(world);
  const before = world.requests.length;
  await world.greet(listAt(30));
  expect([before, reported(world)]).toEqual([4, ["eve new 11", "eve new 12"]]);
  expect(world.requests.filter((request) => request.includes("/kay/"))).toEqual([]);
});

test("[CL16] after a reset, revisions that the look-up had brought are applied again", async () => {
  const world = await awayWorld();
  failFirst(world, []);
  const socket = await world.greet(listAt(20, [summaryOfEve(12)]));
  socket.tell(synced(12, 12, { peer: "eve" }));
  socket.tell({ type: "reset", peer: "eve", rev: 9 });
  socket.tell(synced(9, 9, { peer: "eve" }));
  socket.tell({ type: "message", peer: "eve", message: messagesOfEve(11, 11)[0] });
  socket.tell({ type: "message", peer: "eve", message: messagesOfEve(10, 10)[0] });
  socket.tell(synced(11, 11, { peer: "eve" }));
  expect(reported(world)).toEqual(["eve new 11", "eve new 12", "eve new 10", "eve new 11"]);
});

test("[CL16] a look-up for which nobody listens any more does not make the client ask again and again", async () => {
  const world = await awayWorld();
  failFirst(world, [networkFailure]);
  const second = await world.greet(listAt(20, [summaryOfEve(12)]));
  second.end(1006);
  world.ignoreEvents();
  await nextSocket(world);
  const third = await world.greet(listAt(30, [summaryOfEve(12)]));
  third.tell({ type: "summary", ...summaryOfEve(12, { state: 1 }) });
  await passMs(60_000);
  expect([third.of("sync"), lookUpsOf(world)]).toEqual([[], [`${pagesOfEve}?limit=100`]]);
});

test("[CL10][CL16] a look-up that waits leaves no timer after close()", async () => {
  const world = await awayWorld();
  failFirst(world, [() => problem(429, "rate_limited", { retryAfterMs: 60_000 })]);
  await world.greet(listAt(20, [summaryOfEve(12)]));
  world.client.close();
  await passMs(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("[CL10][CL16] a look-up rests while the connection is stopped, and goes on after connect()", async () => {
  const world = await awayWorld();
  failFirst(world, [networkFailure]);
  const second = await world.greet(listAt(20, [summaryOfEve(12)]));
  second.end(4403, "origin_refused");
  await passMs(60_000);
  const before = world.requests.length;
  world.client.connect();
  await world.greet(listAt(30));
  expect([before, reported(world)]).toEqual([1, ["eve new 11", "eve new 12"]]);
});
