import { evictDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test } from "vitest";
import { inspectionSchema, type Inspection } from "../../src/protocol/inspection.ts";
import { conversationName } from "../../src/protocol/pair.ts";
import { connect, deployWith, env, freshUsers, origin, problemOf, rest, worker } from "./clients.ts";
import { faultyD1 } from "./faulty-d1.ts";
import { recordRows, conversationOf } from "./stored.ts";
import { adminKey } from "./users.ts";

function ask(one: string, other: string, key = adminKey): Promise<Response> {
  deployWith({ ADMIN_KEY: adminKey });
  return worker.fetch(`${origin}/v1/admin/conversations/${one}/${other}`, {
    headers: { authorization: `Bearer ${key}` },
  });
}

async function inspected(one: string, other: string): Promise<Inspection> {
  const response = await ask(one, other);
  expect(response.status).toBe(200);
  return inspectionSchema.parse(await response.json());
}

test("[OP1] support sees how a conversation stands, and nothing of what was said", async () => {
  const { a, b } = freshUsers();
  const socket = await connect(a, b);
  await socket.say("a secret");
  await rest(b, a, "PUT", "/read", { seq: 1 });
  await rest(b, a, "PUT", "/block");
  const response = await ask(b, a);
  const text = await response.text();
  expect(text).not.toContain("secret");
  expect(inspectionSchema.parse(JSON.parse(text))).toEqual({
    users: [a, b],
    head: 1,
    rev: 1,
    lastAt: expect.any(Number),
    read: [0, 1],
    delivered: [expect.any(Number), expect.any(Number)],
    blocked: [false, true],
    sockets: [1, 0],
    archive: { rev: expect.any(Number), lag: expect.any(Number) },
    owesInboxes: expect.any(Boolean),
    objectIds: {
      conversation: env.CONVERSATIONS.idFromName(conversationName(a, b)).toString(),
      inboxes: [a, b].map((user) => env.INBOXES.idFromName(user).toString()),
    },
  });
  await expect.poll(async () => (await inspected(a, b)).archive).toEqual({ rev: 1, lag: 0 });
});

test("[OP1] it says how far behind D1 is, and since when", async () => {
  const { a, b } = freshUsers();
  await rest(a, b, "POST", "/messages", { id: "1", text: "one" });
  await expect.poll(async () => (await inspected(a, b)).archive.lag).toBe(0);
  const faulty = faultyD1(env.DB, "down", 1);
  await rest(a, b, "POST", "/messages", { id: "2", text: "two" });
  await expect.poll(async () => (await inspected(a, b)).archive.failingSince ?? 0).toBeGreaterThan(0);
  expect((await inspected(a, b)).archive).toMatchObject({ rev: 1, lag: 1 });
  faulty.restore();
});

/** A conversation of so many messages, all in D1, whose object sleeps. */
async function asleep(count: number): Promise<{ readonly a: string; readonly b: string }> {
  const users = freshUsers();
  const stub = conversationOf(env, users.a, users.b);
  for (let nth = 1; nth <= count; nth += 1) {
    await rest(users.a, users.b, "POST", "/messages", { id: String(nth), text: "one of many" });
  }
  await stub.waitUntilReplicated(count);
  await evictDurableObject(stub);
  return users;
}

test("[OP1] an object that slept asks D1 how far it is before it says so", async () => {
  const { a, b } = await asleep(20);
  expect((await inspected(a, b)).archive).toEqual({ rev: 20, lag: 0 });
});

test.each(["down", "hanging"] as const)(
  "[OP1] an object that slept and finds D1 %s says nothing of how far it is",
  async (mode) => {
    const { a, b } = await asleep(3);
    const faulty = faultyD1(env.DB, mode, 1);
    onTestFinished(faulty.restore);
    const { head, rev, archive } = await inspected(a, b);
    expect({ head, rev }).toEqual({ head: 3, rev: 3 });
    expect(archive).not.toHaveProperty("rev");
    expect(archive).not.toHaveProperty("lag");
  },
);

test("[OP1][US6] while D1 is away users are found by their ids, although they might be aliases", async () => {
  const { a, b } = await asleep(1);
  deployWith({ ALIASES: "on" });
  const faulty = faultyD1(env.DB, "down", 1);
  onTestFinished(faulty.restore);
  expect(await inspected(a, b)).toMatchObject({ users: [a, b], head: 1 });
});

test("[OP1] a conversation that nobody began is nothing, and stays so", async () => {
  const { a, b } = freshUsers();
  expect(await inspected(a, b)).toMatchObject({
    head: 0,
    rev: 0,
    sockets: [0, 0],
    archive: { rev: 0, lag: 0 },
  });
  expect(await recordRows(conversationOf(env, a, b))).toEqual([]);
});

test("[OP1] only who has the admin key is told, of two users that are two", async () => {
  const { a, b } = freshUsers();
  expect((await ask(a, b, "another-key-of-the-same-kind")).status).toBe(401);
  expect(await problemOf(await ask(a, a))).toMatchObject({ code: "bad_peer", field: "other" });
  expect(await problemOf(await ask("%00", b))).toMatchObject({ code: "bad_peer", field: "one" });
});
