import { runInDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test } from "vitest";
import { ownSummarySchema, type OwnSummary } from "../../src/protocol/rest.ts";
import { stubOf, tablesOf, type Users } from "./by-hand.ts";
import { connect, conversationUrl, deployWith, env, freshUsers, problemOf, rest, worker } from "./clients.ts";
import { connectInbox, inboxOf } from "./inbox-client.ts";
import { meterRows } from "./rows.ts";

async function setBlock(user: string, peer: string, method: "PUT" | "DELETE"): Promise<OwnSummary> {
  const response = await rest(user, peer, method, "/block");
  expect(response.status).toBe(200);
  return ownSummarySchema.parse(await response.json());
}

async function say(author: string, peer: string, id: string = crypto.randomUUID()): Promise<Response> {
  return rest(author, peer, "POST", "/messages", { id, text: `text of ${id}` });
}

/** Two users who have both written, which D1 knows. */
async function talking(): Promise<Users> {
  const users = freshUsers();
  await say(users.a, users.b, "one");
  await say(users.b, users.a, "two");
  await stubOf(users).waitUntilReplicated(2);
  return users;
}

async function answerOf(response: Response) {
  return [response.status, (await problemOf(response)).code];
}

test("[BL1][BL4][MK8] PUT blocks and DELETE lifts: the conversation as it is then; repeats change nothing, `state` counts what does", async () => {
  const { a, b } = await talking();
  const steps = [
    ["DELETE", false, 0],
    ["PUT", true, 1],
    ["PUT", true, 1],
    ["DELETE", false, 2],
    ["DELETE", false, 2],
    ["PUT", true, 3],
  ] as const;
  for (const [method, blocked, state] of steps) {
    const summary = await setBlock(a, b, method);
    expect(summary).toMatchObject({ you: a, peer: b, head: 2, rev: 2, state, blocked, muted: false });
    const asked = ownSummarySchema.parse(await (await rest(a, b, "GET")).json());
    expect(asked).toEqual(summary);
    expect(await (await rest(b, a, "GET")).json()).toMatchObject({ you: b, state, blocked: false });
  }
});

test("[BL1] only PUT and DELETE, only with a token, only of somebody else, and not by PATCH", async () => {
  const { a, b } = await talking();
  for (const method of ["GET", "POST", "PATCH"]) {
    const refused = await rest(a, b, method, "/block", method === "GET" ? undefined : {});
    expect(refused.headers.get("allow")).toBe("PUT, DELETE");
    expect(await answerOf(refused)).toEqual([405, "method_not_allowed"]);
  }
  expect((await worker.fetch(conversationUrl(b, "/block"), { method: "PUT" })).status).toBe(401);
  expect(await answerOf(await rest(a, a, "PUT", "/block"))).toEqual([400, "bad_peer"]);
  expect(await answerOf(await rest(a, "x".repeat(129), "DELETE", "/block"))).toEqual([400, "bad_peer"]);
  expect(await answerOf(await rest(a, b, "PATCH", "", { blocked: true }))).toEqual([400, "bad_request"]);
  expect((await setBlock(a, b, "DELETE")).state).toBe(0);
});

test("[BL1][US8] with PEERS=known nobody blocks somebody unknown", async () => {
  deployWith({ PEERS: "known" });
  const { a, b } = freshUsers();
  expect(await answerOf(await rest(a, b, "PUT", "/block"))).toEqual([404, "unknown_peer"]);
});

test("[BL2] the blocked side is refused a send, an edit and a reaction over each of three ways, by its `id`; may delete and take back", async () => {
  const { a, b } = await talking();
  await rest(b, a, "PUT", "/messages/1/reactions/%F0%9F%91%8D");
  await setBlock(a, b, "PUT");
  const [socket, inbox] = [await connect(b, a), await connectInbox(b)];
  const frames = [
    { type: "send", id: "s", text: "hello?" },
    { type: "edit", id: "e", seq: 2, text: "edited" },
    { type: "react", id: "r", seq: 1, emoji: "🎉", on: true },
  ];
  for (const frame of frames) {
    const from = { socket: socket.frames.length, inbox: inbox.frames.length };
    socket.send(frame);
    inbox.send({ peer: a, ...frame });
    const refused = { type: "error", id: frame.id, code: "blocked" };
    expect(await socket.answer(from.socket)).toMatchObject(refused);
    expect(await inbox.answer(from.inbox)).toMatchObject({ peer: a, ...refused });
  }
  const blocked = [403, "blocked"];
  expect(await answerOf(await say(b, a))).toEqual(blocked);
  expect(await answerOf(await rest(b, a, "PATCH", "/messages/2", { id: "e", text: "x" }))).toEqual(blocked);
  expect(await answerOf(await rest(b, a, "PUT", "/messages/1/reactions/%F0%9F%8E%89"))).toEqual(blocked);
  expect((await say(b, a, "two")).status).toBe(200);
  expect((await rest(b, a, "DELETE", "/messages/1/reactions/%F0%9F%91%8D")).status).toBe(200);
  expect((await rest(b, a, "DELETE", "/messages/2")).status).toBe(200);
  expect((await say(a, b)).status).toBe(201);
  expect(await socket.first("message", ({ message }) => message.seq === 3)).toMatchObject({
    message: { author: a },
  });
  expect(await (await rest(a, b, "GET")).json()).toMatchObject({ head: 3, rev: 6 });
});

test("[BL1][SE10] a block before the first message counts as a conversation once; a repeat, a lifting and what is refused do not", async () => {
  deployWith({ NEW_CONVERSATIONS_PER_HOUR: "2" });
  const { a, b } = freshUsers();
  const others = [1, 2, 3].map((nth) => `peer-${nth}-${crypto.randomUUID()}`);
  const [first = "", second = "", third = ""] = others;
  for (const peer of [...others, b]) {
    expect((await setBlock(a, peer, "DELETE")).state).toBe(0);
  }
  expect(await quotaOf(a)).toBeUndefined();
  for (const method of ["PUT", "PUT", "DELETE", "DELETE", "PUT"] as const) {
    await setBlock(a, first, method);
  }
  expect((await setBlock(a, second, "PUT")).state).toBe(1);
  expect(await answerOf(await rest(a, third, "PUT", "/block"))).toEqual([429, "too_many_conversations"]);
  expect((await setBlock(a, first, "DELETE")).blocked).toBe(false);
  for (let tries = 0; tries < 4; tries += 1) {
    expect(await answerOf(await say(second, a))).toEqual([403, "blocked"]);
  }
  expect(await quotaOf(second)).toBeUndefined();
  const [one = "", other = ""] = [a, third].toSorted();
  expect(await tablesOf(stubOf({ a: one, b: other }))).toEqual([]);
});

function quotaOf(user: string): Promise<unknown> {
  return runInDurableObject(inboxOf(user), (_, { storage }) => storage.kv.get("newConversations"));
}

test("[BL1][SE9] blocks count among the signals of a user", async () => {
  deployWith({ RATE_LIMIT_PER_SECOND: "0.01", RATE_LIMIT_BURST: "1" });
  const { a, b } = await talking();
  for (const method of ["PUT", "DELETE", "PUT", "DELETE"] as const) {
    await setBlock(a, b, method);
  }
  expect(await answerOf(await rest(a, b, "PUT", "/block"))).toEqual([429, "rate_limited"]);
});

/** What the blocker's Inbox has stored, by key. */
function storedIn(user: string): Promise<string[]> {
  return runInDurableObject(inboxOf(user), (_, { storage }) => [...storage.kv.list()].map(([key]) => key));
}

test("[CO9][PR7] a block costs one row in the object, one in D1 and one in the blocker's Inbox; so does its lifting; a repeat none", async () => {
  const users = await talking();
  const { a, b } = users;
  const stub = stubOf(users);
  const meter = await meterRows(env.DB, stub);
  onTestFinished(meter.restore);
  const before = [await storedIn(a), await storedIn(b)];
  const cost = (method: "PUT" | "DELETE") =>
    meter.cost(async () => {
      await setBlock(a, b, method);
      await stub.waitUntilReplicated(0);
    });
  const changed = { objectWritten: 1, archiveWritten: 1 };
  const none = { objectWritten: 0, archiveWritten: 0 };
  expect(await cost("DELETE")).toMatchObject(none);
  expect(await cost("PUT")).toMatchObject(changed);
  await expect.poll(() => storedIn(a)).toEqual([`blocked:${b}`, ...(before[0] ?? [])].toSorted());
  expect(await cost("PUT")).toMatchObject(none);
  expect(await meter.cost(() => say(b, a))).toMatchObject(none);
  expect(await cost("DELETE")).toMatchObject(changed);
  await expect.poll(() => storedIn(a)).toEqual(before[0]);
  expect(await storedIn(b)).toEqual(before[1]);
});

test("[CO9] a block before the first message pays for the tables and the summary's indexes, so that it need not", async () => {
  const users = freshUsers();
  const { a, b } = users;
  const stub = stubOf(users);
  const meter = await meterRows(env.DB, stub);
  onTestFinished(meter.restore);
  const cost = (run: () => Promise<unknown>, rev: number) =>
    meter.cost(async () => {
      await run();
      await stub.waitUntilReplicated(rev);
    });
  expect(await cost(() => setBlock(a, b, "PUT"), 0)).toMatchObject({ objectWritten: 6, archiveWritten: 3 });
  await expect.poll(() => storedIn(a)).toEqual([`blocked:${b}`, "newConversations"]);
  expect(await cost(() => say(b, a), 0)).toMatchObject({ objectWritten: 0, archiveWritten: 0 });
  expect(await storedIn(b)).toEqual([]);
  expect(await cost(() => say(a, b), 1)).toMatchObject({ objectWritten: 1, archiveWritten: 2 });
});
