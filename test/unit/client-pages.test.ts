import { Backlog } from "../../src/client/backlog.ts";
import { expect, test } from "vitest";
import { type Answer, codeOf, freezeTime, message, passMs, startedWithBob, worldOf } from "./fake-server.ts";

freezeTime();

const pageOf = (from: number, to: number, hasMore: boolean) => () => ({
  status: 200,
  body: {
    messages: Array.from({ length: to - from + 1 }, (_, index) => message(from + index)),
    hasMore,
    head: 8,
    rev: 8,
  },
});

test("[CL17] older pages are put before what is there, until the first message", async () => {
  const { world, socket, bob } = await startedWithBob(7);
  world.answers.set("GET /v1/conversations/bob/messages?before=8&limit=3&rev=7", pageOf(5, 7, true));
  world.answers.set("GET /v1/conversations/bob/messages?before=5&limit=50&rev=8", pageOf(1, 4, false));
  expect(bob.messages.hasOlder).toBe(true);
  await Promise.all([bob.messages.loadOlder(3), bob.messages.loadOlder(3)]);
  expect(world.requests.length).toBe(1);
  socket.tell({ type: "message", peer: "bob", message: message(8) });
  await bob.messages.loadOlder();
  expect(bob.messages.value.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(bob.messages.hasOlder).toBe(false);
  await bob.messages.loadOlder();
  expect(world.requests.length).toBe(2);
});

test("[CL17] what changes while its page is under way is shown as it is now", async () => {
  const { world, socket, bob } = await startedWithBob(5);
  const asked = Promise.withResolvers<Answer>();
  world.answers.set("GET", () => asked.promise);
  const loading = bob.messages.loadOlder();
  await passMs(0);
  socket.tell({ type: "message", peer: "bob", message: message(4, { rev: 6, text: "edited" }) });
  const messages = [1, 2, 3, 4]
    .map((seq) => message(seq))
    .concat(message(5, { replyTo: 4, quote: { author: "bob", text: "text 4" } }));
  asked.resolve({ status: 200, body: { messages, hasMore: false, head: 5, rev: 5 } });
  await loading;
  expect(bob.messages.value.map(({ text }) => text)).toEqual([
    "text 1",
    "text 2",
    "text 3",
    "edited",
    "text 5",
  ]);
  expect(bob.messages.value.at(-1)).toMatchObject({ quote: { text: "edited" } });
});

test("[CL17] a page that is ahead of the live frames is not set back by them", async () => {
  const { world, socket, bob } = await startedWithBob(5);
  const messages = [1, 2, 3, 4, 5].map((seq) => message(seq, seq === 4 ? { rev: 8, text: "twice" } : {}));
  world.answers.set("GET", () => ({ status: 200, body: { messages, hasMore: false, head: 5, rev: 8 } }));
  await bob.messages.loadOlder();
  [
    message(4, { rev: 6, text: "once" }),
    message(3, { rev: 7 }),
    message(4, { rev: 8, text: "twice" }),
  ].forEach((each) => {
    socket.tell({ type: "message", peer: "bob", message: each });
    expect(bob.messages.value[3]).toMatchObject({ text: "twice" });
  });
});

test("[CL17] of two forms told together the newer counts, whatever their order", () => {
  const backlog = new Backlog(0);
  backlog.apply([message(1, { rev: 3, text: "new" }), message(1, { rev: 2, text: "old" })]);
  expect(backlog.messages).toMatchObject([{ text: "new" }]);
});

test("[CL17] a page that fails is told, and may be asked for again", async () => {
  const { world, bob } = await startedWithBob(5);
  world.answers.set("GET", () => ({
    status: 404,
    body: { code: "not_found", detail: "gone", requestId: "9a3f" },
  }));
  await expect(bob.messages.loadOlder()).rejects.toMatchObject({ code: "not_found", requestId: "9a3f" });
  let tries = 0;
  world.answers.set("GET", () => {
    tries += 1;
    return tries < 3
      ? {
          status: 503,
          body: { code: "archive_unavailable", detail: "away" },
          headers: { "retry-after": "2" },
        }
      : { status: 200, body: { messages: [message(5)], hasMore: false, head: 5, rev: 5 } };
  });
  const loaded = codeOf(bob.messages.loadOlder());
  await passMs(1_999);
  expect(tries).toBe(1);
  await passMs(60_000);
  expect(loaded.code).toBe("resolved");
  expect(bob.messages.value.map(({ seq }) => seq)).toEqual([5]);
});

test("[CL17] who asks while no socket comes is told why", async () => {
  const world = worldOf();
  const loading = codeOf(world.client.conversation("bob").messages.loadOlder());
  await passMs(0);
  world.socket.end(4403, "origin_refused");
  await passMs(0);
  expect(loading.code).toBe("origin_refused");
  await expect(world.client.conversation("bob").messages.loadOlder()).rejects.toMatchObject({
    code: "origin_refused",
  });
});
