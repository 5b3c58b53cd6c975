import { expect, test } from "vitest";
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
