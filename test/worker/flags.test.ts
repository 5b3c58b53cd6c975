import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test } from "vitest";
import { ownSummarySchema, type OwnSummary } from "../../src/protocol/rest.ts";
import { stubOf, tablesOf } from "./by-hand.ts";
import { connect, deployWith, env, freshUsers, problemOf, rest } from "./clients.ts";
import { interceptD1 } from "./d1-calls.ts";
import { listOf, peersIn } from "./lists.ts";
import { meterRows, type RowMeter } from "./rows.ts";
import { archiveSummary } from "./stored.ts";

let meter: RowMeter | undefined;

afterEach(() => {
  meter?.restore();
  meter = undefined;
});

async function setFlags(user: string, peer: string, flags: object): Promise<OwnSummary> {
  const response = await rest(user, peer, "PATCH", "", flags);
  expect(response.status).toBe(200);
  // What the next test counts must not be this one's.
  await stubOf(user < peer ? { a: user, b: peer } : { a: peer, b: user }).waitUntilReplicated(0);
  return ownSummarySchema.parse(await response.json());
}

async function say(author: string, peer: string, id: string = crypto.randomUUID()): Promise<void> {
  expect((await rest(author, peer, "POST", "/messages", { id, text: `text of ${id}` })).status).toBe(201);
  await stubOf(author < peer ? { a: author, b: peer } : { a: peer, b: author }).waitUntilReplicated(1_000);
}

test("[LS8][MK8] PATCH answers the conversation as it is then, and the peer sees nothing of it", async () => {
  const { a, b } = freshUsers();
  await say(a, b);
  const summary = await setFlags(b, a, { muted: true });
  expect(summary).toMatchObject({
    you: b,
    peer: a,
    head: 1,
    unread: 1,
    state: 1,
    muted: true,
    archived: false,
  });
  expect(await setFlags(b, a, { archived: true })).toMatchObject({ state: 2, muted: true, archived: true });
  expect(await setFlags(b, a, { muted: false, archived: true })).toMatchObject({ state: 3, muted: false });
  expect(await setFlags(b, a, { archived: true })).toMatchObject({ state: 3, archived: true });
  await evictDurableObject(stubOf({ a, b }));
  const own: unknown = await (await rest(b, a, "GET")).json();
  expect(own).toMatchObject({ you: b, state: 3, muted: false, archived: true });
  const peers: unknown = await (await rest(a, b, "GET")).json();
  expect(peers).toMatchObject({ you: a, muted: false, archived: false });
});

test("[LS1][LS9] an archived conversation leaves the list, and a new message of either brings it back for both", async () => {
  const { a, b } = freshUsers();
  await say(a, b);
  for (const author of [a, b]) {
    await setFlags(a, b, { archived: true, muted: true });
    await setFlags(b, a, { archived: true });
    await stubOf({ a, b }).waitUntilReplicated(0);
    expect([peersIn(await listOf(a)), peersIn(await listOf(b))]).toEqual([[], []]);
    expect((await listOf(b)).unread).toEqual({ messages: 0, conversations: 0 });
    expect(peersIn(await listOf(a, { archived: true }))).toEqual([b]);
    await say(author, author === a ? b : a);
    expect([peersIn(await listOf(a)), peersIn(await listOf(b))]).toEqual([[b], [a]]);
    expect((await listOf(a)).conversations).toMatchObject([{ muted: true, archived: false }]);
  }
});

test("[LS9] a message over a socket brings an archived conversation back too", async () => {
  const { a, b } = freshUsers();
  await say(a, b);
  await setFlags(b, a, { archived: true });
  const alice = await connect(a, b);
  await alice.say("hello again");
  await stubOf({ a, b }).waitUntilReplicated(2);
  expect(peersIn(await listOf(b))).toEqual([a]);
});

test("[LS8] a conversation can be muted before its first message; it is not listed until then", async () => {
  const { a, b } = freshUsers();
  expect(await setFlags(a, b, { muted: true })).toMatchObject({ head: 0, rev: 0, state: 1, muted: true });
  await stubOf({ a, b }).waitUntilReplicated(0);
  expect(await archiveSummary(env, a, b)).toMatchObject({ head: 0, rev: 0 });
  expect(peersIn(await listOf(a, { changedSince: 0 }))).toEqual([]);
  await say(b, a);
  expect((await listOf(a)).conversations).toMatchObject([{ peer: b, head: 1, unread: 1, muted: true }]);
});

test("[LS8][ER4] a body that sets nothing or something else is 400 and writes nothing", async () => {
  const { a, b } = freshUsers();
  for (const [body, field] of [
    ["", undefined],
    ["{}", "body"],
    ["[]", "body"],
    ["null", "body"],
    ['{"pinned":true}', "body"],
    ['{"muted":null}', "muted"],
    ['{"muted":"true"}', "muted"],
    ['{"archived":1}', "archived"],
    ['{"muted":true,"archived":"no"}', "archived"],
  ] as const) {
    const response = await rest(a, b, "PATCH", "", body);
    const { code, field: named } = await problemOf(response);
    expect([body, response.status, code, named]).toEqual([body, 400, "bad_request", field]);
  }
  expect((await rest(a, a, "PATCH", "", { muted: true })).status).toBe(400);
  expect(await tablesOf(stubOf({ a, b }))).toEqual([]);
});

test("[SE9][LS8] flags count among the signals of a user", async () => {
  deployWith({ RATE_LIMIT_PER_SECOND: "0.01", RATE_LIMIT_BURST: "1" });
  const { a, b } = freshUsers();
  for (const muted of [true, false, true, false]) {
    await setFlags(a, b, { muted });
  }
  const refused = await rest(a, b, "PATCH", "", { muted: true });
  expect(refused.status).toBe(429);
  expect(await problemOf(refused)).toMatchObject({ code: "rate_limited" });
  expect(await setFlags(b, a, { muted: true })).toMatchObject({ state: 5 });
});

test("[SE10][LS8] flags before the first message begin a conversation, so their number is limited", async () => {
  deployWith({ NEW_CONVERSATIONS_PER_HOUR: "2" });
  const { a } = freshUsers();
  const peers = [1, 2, 3].map((nth) => `peer-${nth}-${crypto.randomUUID()}`);
  await setFlags(a, peers[0] ?? "", { muted: true });
  await say(a, peers[1] ?? "");
  const refused = await rest(a, peers[2] ?? "", "PATCH", "", { muted: true });
  expect([refused.status, (await problemOf(refused)).code]).toEqual([429, "too_many_conversations"]);
  const [one = "", other = ""] = [a, peers[2] ?? ""].toSorted();
  expect(await tablesOf(stubOf({ a: one, b: other }))).toEqual([]);
  expect(await setFlags(a, peers[1] ?? "", { muted: true })).toMatchObject({ muted: true });
});

test("[CO6][LS9] a flag costs one row in the object and one in D1; so does a message that brings a conversation back, beside its own", async () => {
  const { a, b } = freshUsers();
  const stub = stubOf({ a, b });
  await say(a, b);
  meter = await meterRows(env.DB, stub);
  const flag = (flags: object) => async () => {
    await setFlags(b, a, flags);
    await stub.waitUntilReplicated(0);
  };
  expect(await meter.cost(flag({ archived: true }))).toMatchObject({ objectWritten: 1, archiveWritten: 1 });
  expect(await meter.cost(flag({ archived: true }))).toMatchObject({ objectWritten: 0, archiveWritten: 0 });
  expect(await meter.cost(() => say(a, b))).toMatchObject({ objectWritten: 2, archiveWritten: 2 });
  expect(await meter.cost(() => say(a, b))).toMatchObject({ objectWritten: 1, archiveWritten: 2 });
  expect(await meter.cost(flag({ muted: true }))).toMatchObject({ objectWritten: 1, archiveWritten: 1 });
  expect(await meter.cost(() => say(a, b))).toMatchObject({ objectWritten: 1, archiveWritten: 2 });
});

test("[CO6] flags before the first message pay for the tables and the summary's indexes, so that it need not", async () => {
  const { a, b } = freshUsers();
  const stub = stubOf({ a, b });
  meter = await meterRows(env.DB, stub);
  const muting = async () => {
    await setFlags(b, a, { muted: true });
    await stub.waitUntilReplicated(0);
  };
  expect(await meter.cost(muting)).toMatchObject({ objectWritten: 6, archiveWritten: 3 });
  expect(await meter.cost(() => say(a, b))).toMatchObject({ objectWritten: 1, archiveWritten: 2 });
});

test.each([
  { what: "a read mark", method: "PUT", path: "/read", body: { seq: 1 }, column: "read_b" },
  { what: "a flag", method: "PATCH", path: "", body: { muted: true }, column: "muted_b" },
])(
  "[AR2][LS8] $what by REST reaches D1 although its object died right behind the answer",
  async ({ method, path, body, column }) => {
    const { a, b } = freshUsers();
    await say(a, b);
    let isKilled = false;
    const landed = Promise.withResolvers<void>();
    const restore = interceptD1(env.DB, async (call) => {
      if (!isKilled) {
        return new Promise<never>(() => {});
      }
      const answers = await call();
      if (answers.some(({ meta }) => meta.rows_written > 0)) {
        landed.resolve();
      }
      return answers;
    });
    expect((await rest(b, a, method, path, body)).status).toBe(200);
    await runInDurableObject(stubOf({ a, b }), (_, state) => state.abort("killed by the test")).catch(
      () => {},
    );
    isKilled = true;
    await landed.promise.finally(restore);
    const row = await env.DB.prepare(`SELECT ${column} AS kept FROM conversations WHERE user_a = ?`)
      .bind(a)
      .first();
    expect(row).toEqual({ kept: 1 });
  },
);
