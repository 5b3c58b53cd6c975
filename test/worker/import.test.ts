import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test } from "vitest";
import { importAnswerSchema, maxImportBytes, type ImportAnswer } from "../../src/protocol/import.ts";
import { pageSchema } from "../../src/protocol/rest.ts";
import {
  connect,
  deployWith,
  env,
  freshUsers,
  origin,
  problemOf,
  rest,
  tokenFor,
  worker,
} from "./clients.ts";
import { connectInbox } from "./inbox-client.ts";
import { meterRows } from "./rows.ts";
import { archiveRows, conversationOf, recordRows } from "./stored.ts";
import { adminKey, nameUser } from "./users.ts";

interface Line {
  readonly sender: unknown;
  readonly receiver: unknown;
  readonly text: unknown;
  readonly createdAt: unknown;
  readonly oldId: unknown;
}

const startMs = 1_600_000_000_000;

/** Messages of two users in turn, a second apart. */
function linesOf(a: string, b: string, count: number, from = 0): Line[] {
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const [sender, receiver] = number % 2 === 0 ? [a, b] : [b, a];
    return { sender, receiver, text: `old ${number}`, createdAt: startMs + 1_000 * number, oldId: number };
  });
}

function post(body: unknown, key = adminKey): Promise<Response> {
  deployWith({ ADMIN_KEY: adminKey });
  return worker.fetch(`${origin}/v1/admin/import`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function bring(messages: readonly unknown[]): Promise<ImportAnswer> {
  const response = await post({ messages });
  expect(response.status).toBe(200);
  return importAnswerSchema.parse(await response.json());
}

async function historyOf(user: string, peer: string) {
  const response = await rest(user, peer, "GET", "/messages?limit=100");
  return pageSchema.parse(await response.json());
}

test("[IM1][IM2] messages of before keep authors, times and order, are read, archived row for row, and live ones follow them", async () => {
  const { a, b } = freshUsers();
  expect(await bring(linesOf(a, b, 10))).toEqual({ imported: 10, alreadyThere: 0, rejected: [] });
  const page = await historyOf(b, a);
  expect(page.messages.map(({ seq, author, text, createdAt }) => [seq, author, text, createdAt])).toEqual(
    linesOf(a, b, 10).map(({ sender, text, createdAt }, index) => [index + 1, sender, text, createdAt]),
  );
  const stub = conversationOf(env, a, b);
  expect(await archiveRows(env, a, b)).toEqual(await recordRows(stub));
  const inbox = await connectInbox(b);
  const { list } = await inbox.first("ready");
  expect(list?.conversations).toMatchObject([{ peer: a, head: 10, unread: 0, read: { you: 10, peer: 10 } }]);
  const socket = await connect(a, b);
  await socket.say("now");
  const message = (await socket.first("message")).message;
  expect(message).toMatchObject({ seq: 11, rev: 11, text: "now" });
  expect(message.createdAt).toBeGreaterThan(startMs + 10_000);
});

test("[IM3] a batch may come again, in part, after a restart and in any size, and changes nothing", async () => {
  const { a, b } = freshUsers();
  const lines = linesOf(a, b, 30);
  expect(await bring(lines.slice(0, 12))).toMatchObject({ imported: 12 });
  expect(await bring(lines.slice(5, 20))).toEqual({ imported: 8, alreadyThere: 7, rejected: [] });
  await abortAllDurableObjects();
  expect(await bring(lines)).toEqual({ imported: 10, alreadyThere: 20, rejected: [] });
  await evictDurableObject(conversationOf(env, a, b));
  expect(await bring(lines.toReversed())).toEqual({ imported: 0, alreadyThere: 30, rejected: [] });
  await connect(a, b).then((socket) => socket.say("live"));
  expect(await bring(lines)).toEqual({ imported: 0, alreadyThere: 30, rejected: [] });
  expect((await recordRows(conversationOf(env, a, b))).map(({ text }) => text)).toEqual([
    ...lines.map(({ text }) => text),
    "live",
  ]);
});

test("[IM3] messages of one moment are told apart by their old ids", async () => {
  const { a, b } = freshUsers();
  const lines = linesOf(a, b, 9).map((line, index) => ({
    ...line,
    createdAt: startMs + 1_000 * Math.floor(index / 3),
  }));
  expect(await bring(lines)).toMatchObject({ imported: 9 });
  expect(await bring(lines)).toMatchObject({ imported: 0, alreadyThere: 9 });
  const [first] = lines;
  expect((await bring([{ ...first, text: "another text" }])).rejected).toMatchObject([{ code: "conflict" }]);
});

test("[IM3] what users changed since stays as they made it", async () => {
  const { a, b } = freshUsers();
  await bring(linesOf(a, b, 4));
  await rest(a, b, "PATCH", "/messages/1", { id: "e", text: "edited" });
  await rest(a, b, "DELETE", "/messages/3");
  await rest(b, a, "PUT", "/messages/1/reactions/%F0%9F%91%8D");
  expect(await bring(linesOf(a, b, 6))).toEqual({ imported: 2, alreadyThere: 4, rejected: [] });
  const { messages, rev } = await historyOf(a, b);
  expect(messages.map(({ text }) => text)).toEqual(["edited", "old 1", "", "old 3", "old 4", "old 5"]);
  expect(rev).toBe(9);
});

test("[IM4] a conversation that goes on already is left as it is, and the report says so for each line", async () => {
  const { a, b } = freshUsers();
  const other = freshUsers();
  await rest(a, b, "POST", "/messages", { id: "1", text: "live" });
  const answer = await bring([...linesOf(a, b, 2), ...linesOf(other.a, other.b, 2)]);
  const reason = { code: "already_live", message: "the conversation has messages of its own" };
  expect(answer).toEqual({
    imported: 2,
    alreadyThere: 0,
    rejected: [
      { index: 0, ...reason },
      { index: 1, ...reason },
    ],
  });
  expect((await recordRows(conversationOf(env, a, b))).map(({ text }) => text)).toEqual(["live"]);
});

test("[IM4][SE1] no client can make a message look imported", async () => {
  const { a, b } = freshUsers();
  const refused = await rest(a, b, "POST", "/messages", { id: "import:1", text: "live" });
  expect(await problemOf(refused)).toMatchObject({ code: "conflict", field: "id" });
  const inbox = await connectInbox(a);
  expect(await inbox.say(b, "live", { id: "import:x" })).toMatchObject({ type: "error", code: "conflict" });
  expect(await recordRows(conversationOf(env, a, b))).toEqual([]);
  expect(await inbox.say(b, "live", { id: "imported" })).toMatchObject({ type: "ack" });
});

test("[IM3] a thousand messages of one moment come again without a search for each", async () => {
  const { a, b } = freshUsers();
  const lines = linesOf(a, b, 1_000).map((line) => ({ ...line, createdAt: startMs }));
  expect(await bring(lines.slice(0, 600))).toMatchObject({ imported: 600 });
  expect(await bring(lines)).toMatchObject({ imported: 400, alreadyThere: 600, rejected: [] });
  expect(await bring(lines)).toMatchObject({ imported: 0, alreadyThere: 1_000 });
});

test("[IM5] lines that cannot be messages are rejected one by one, and the others go in", async () => {
  const { a, b } = freshUsers();
  const [good, later] = linesOf(a, b, 2) as [Line, Line];
  const bad = [
    ["no object", 5, "bad_request"],
    ["no sender", { ...good, sender: undefined }, "bad_request"],
    ["an empty text", { ...good, text: "" }, "bad_text"],
    ["a text too long", { ...good, text: "x".repeat(16_385) }, "bad_text"],
    ["half a surrogate", { ...good, text: "\ud800" }, "bad_text"],
    ["NUL", { ...good, text: "a\0" }, "bad_text"],
    ["a time that is none", { ...good, createdAt: "yesterday" }, "bad_request"],
    ["a time to come", { ...good, createdAt: Date.now() + 60_000 }, "out_of_range"],
    ["a time before all", { ...good, createdAt: -1 }, "bad_request"],
    ["a time in seconds", { ...good, createdAt: startMs / 1_000 }, "bad_request"],
    ["no old id", { ...good, oldId: "" }, "bad_request"],
    ["an old id too long", { ...good, oldId: "x".repeat(58) }, "bad_request"],
    ["a letter to oneself", { ...good, receiver: a }, "bad_peer"],
  ] as const;
  const answer = await bring([good, ...bad.map(([, line]) => line), later]);
  expect(answer.rejected.map(({ index, code }) => [bad[index - 1]?.[0], code])).toEqual(
    bad.map(([name, , code]) => [name, code]),
  );
  expect(answer.imported).toBe(2);
  const edge = { ...later, createdAt: startMs + 5_000, text: "x".repeat(16_384), oldId: "x".repeat(57) };
  expect(await bring([edge])).toMatchObject({ imported: 1 });
  expect((await bring([{ ...good, oldId: "early" }])).rejected).toMatchObject([{ code: "out_of_order" }]);
});

test("[IM1][US6] ids may be numbers, names aliases, times text", async () => {
  deployWith({ ALIASES: "on" });
  const number = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const { b } = freshUsers();
  await nameUser(b, { aliases: [`${b}@mail.example`] });
  const times = ["2024-05-01T12:00:00.123456", "2024-05-01T14:00:01+02:00", "2024-05-01T12:00:02Z"];
  const answer = await bring(
    times.map((createdAt, oldId) => ({
      sender: number,
      receiver: `${b}@mail.example`,
      text: "hi",
      createdAt,
      oldId,
    })),
  );
  expect(answer).toMatchObject({ imported: 3, rejected: [] });
  const { messages } = await historyOf(b, String(number));
  expect(messages.map(({ author, createdAt }) => [author, createdAt])).toEqual([
    [String(number), Date.UTC(2024, 4, 1, 12, 0, 0, 123)],
    [String(number), Date.UTC(2024, 4, 1, 12, 0, 1)],
    [String(number), Date.UTC(2024, 4, 1, 12, 0, 2)],
  ]);
});

const paddedBody = (padding: number) => `{"messages":[{}]${" ".repeat(padding)}}`;

test("[IM6] a request holds a thousand lines and 1 MiB, not more", async () => {
  const { a, b } = freshUsers();
  const lines = linesOf(a, b, 1_000);
  expect(await bring(lines)).toMatchObject({ imported: 1_000 });
  const tooMany = await post({ messages: linesOf(a, b, 1_001) });
  expect(await problemOf(tooMany)).toMatchObject({ code: "bad_request", field: "messages" });
  expect((await post(paddedBody(maxImportBytes - paddedBody(0).length))).status).toBe(200);
  expect((await post(paddedBody(maxImportBytes - paddedBody(0).length + 1))).status).toBe(413);
  expect((await post({ messages: [] })).status).toBe(400);
});

test("[IM6] only who has the admin key imports", async () => {
  const { a, b } = freshUsers();
  expect((await post({ messages: linesOf(a, b, 1) }, await tokenFor(a))).status).toBe(401);
  expect(await recordRows(conversationOf(env, a, b))).toEqual([]);
});

test("[IM7] a message that is imported among many writes one row in the object and little more than one in D1, a repeat none", async () => {
  const { a, b } = freshUsers();
  await bring(linesOf(a, b, 1));
  const meter = await meterRows(env.DB, conversationOf(env, a, b));
  onTestFinished(meter.restore);
  const { objectWritten, archiveWritten } = await meter.cost(() => bring(linesOf(a, b, 500, 1)));
  expect(objectWritten).toBeLessThanOrEqual(502);
  expect(archiveWritten).toBeLessThanOrEqual(520);
  expect(await meter.cost(() => bring(linesOf(a, b, 500, 1)))).toMatchObject({
    objectWritten: 0,
    archiveWritten: 0,
  });
});
