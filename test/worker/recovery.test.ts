import { evictAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, test } from "vitest";
import { conversationPairsSchema } from "../../src/protocol/verification.ts";
import { connect, deployWith, env, freshUsers, origin, rest, worker } from "./clients.ts";
import type { Users } from "./by-hand.ts";
import { connectInbox } from "./inbox-client.ts";
import { meterRows } from "./rows.ts";
import { archived, archiveRows, conversationOf, recordRows } from "./stored.ts";
import { adminKey } from "./users.ts";
import { verifyAll } from "./verifying.ts";

beforeEach(() => deployWith({ ADMIN_KEY: adminKey }));

/** Two who talked: five messages, one of them edited, another deleted. */
async function whoTalked(): Promise<Users> {
  const users = freshUsers();
  const { a, b } = users;
  const alice = await connect(a, b);
  for (const text of ["one", "two", "three", "four", "five"]) {
    await alice.say(text);
  }
  await changed(a, b, "PATCH", 2, { text: "two, edited" });
  await changed(a, b, "DELETE", 3);
  alice.close(1000, "");
  await archived(env, a, b, 7);
  return users;
}

async function changed(
  user: string,
  peer: string,
  method: string,
  seq: number,
  body?: object,
): Promise<void> {
  const answer = await rest(
    user,
    peer,
    method,
    `/messages/${seq}`,
    body && { id: crypto.randomUUID(), ...body },
  );
  expect(answer.status).toBe(200);
}

async function sent({ a, b }: Users, text: string): Promise<number> {
  const answer = await rest(b, a, "POST", "/messages", { id: crypto.randomUUID(), text });
  expect(answer.status).toBe(201);
  return (await answer.json<{ seq: number }>()).seq;
}

async function dumpOfD1(): Promise<D1PreparedStatement[]> {
  const statements: D1PreparedStatement[] = [];
  for (const table of ["messages", "conversations"]) {
    const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all();
    for (const row of results) {
      const columns = Object.keys(row);
      statements.push(
        env.DB.prepare(
          `INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map(() => "?").join()})`,
        ).bind(...Object.values(row)),
      );
    }
  }
  return statements;
}

async function emptyD1(): Promise<void> {
  await env.DB.batch([env.DB.prepare("DELETE FROM messages"), env.DB.prepare("DELETE FROM conversations")]);
}

async function listed(user: string): Promise<string[]> {
  const inbox = await connectInbox(user);
  const { list } = await inbox.first("ready");
  inbox.close(1000, "");
  return (list?.conversations ?? []).map(({ peer, last }) => `${peer}: ${last?.text}`);
}

async function expectWhole(users: Users): Promise<void> {
  expect(await archiveRows(env, users.a, users.b)).toEqual(
    await recordRows(conversationOf(env, users.a, users.b)),
  );
}

/** What the command does with one conversation: compares and repairs it, until nothing is left. */
async function repaired(users: Users): Promise<number> {
  const parts = await verifyAll(users, true);
  expect(parts.map(({ remaining }) => remaining)).toEqual(parts.map(() => 0));
  return parts.reduce((sum, { differences }) => sum + differences.length, 0);
}

async function expectRepeatWritesNothing(users: Users): Promise<void> {
  const meter = await meterRows(env.DB, conversationOf(env, users.a, users.b));
  try {
    const { archiveWritten, objectWritten } = await meter.cost(async () =>
      expect(await repaired(users)).toBe(0),
    );
    expect({ archiveWritten, objectWritten }).toEqual({ archiveWritten: 0, objectWritten: 0 });
  } finally {
    meter.restore();
  }
}

async function pairs(
  query = "",
): Promise<{ readonly conversations: [string, string][]; nextCursor?: string | undefined }> {
  const answer = await worker.fetch(`${origin}/v1/admin/conversations${query}`, {
    headers: { authorization: `Bearer ${adminKey}` },
  });
  expect(answer.status).toBe(200);
  return conversationPairsSchema.parse(await answer.json());
}

test("[AR4][VE4][VE8] D1 restored to an older point: pages stay whole, the repair brings all of it back, numbers go on", async () => {
  const users = await whoTalked();
  const older = await dumpOfD1();
  const later = await whoTalked();
  expect(await sent(users, "six")).toBe(6);
  await changed(users.a, users.b, "PATCH", 1, { text: "one, edited" });
  await archived(env, users.a, users.b, 9);
  const record = await recordRows(conversationOf(env, users.a, users.b));
  await evictAllDurableObjects();

  await emptyD1();
  await env.DB.batch(older);
  expect(await listed(users.a)).toEqual([`${users.b}: five`]);
  expect(await listed(later.a)).toEqual([]);
  const page = await rest(users.a, users.b, "GET", "/messages?limit=50&rev=9");
  const { messages } = await page.json<{ messages: { text: string }[] }>();
  expect(messages.map(({ text }) => text)).toEqual(["one, edited", "two, edited", "", "four", "five", "six"]);

  await evictAllDurableObjects();
  await emptyD1();
  await env.DB.batch(older);
  expect((await pairs()).conversations).toEqual([[users.a, users.b]]);
  await repaired(users);
  expect(await archiveRows(env, users.a, users.b)).toEqual(record);
  expect(await listed(users.b)).toEqual([`${users.a}: six`]);
  await expectRepeatWritesNothing(users);
  expect(await sent(users, "seven")).toBe(7);

  // What began after that point is unknown to D1, and heals once it is named, or opened.
  await repaired(later);
  await expectWhole(later);
  expect(await sent(later, "six")).toBe(6);
});

test("[AR4][AR5] an object restored to an older point takes back what D1 has, and gives no number twice", async () => {
  const users = await whoTalked();
  const stub = conversationOf(env, users.a, users.b);
  const record = await recordRows(stub);
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec("DELETE FROM messages WHERE seq > 3");
    storage.sql.exec(
      "UPDATE messages SET text = 'three', deleted_at_ms = NULL, rev = created_rev WHERE seq = 3",
    );
    storage.sql.exec(
      "UPDATE messages SET text = 'two', edited_at_ms = NULL, edit_id = NULL, edit_rev = NULL, rev = created_rev WHERE seq = 2",
    );
  });
  await evictAllDurableObjects();
  const bob = await connect(users.b, users.a);
  await conversationOf(env, users.a, users.b).waitUntilReplicated(Number.MAX_SAFE_INTEGER);
  expect(await recordRows(stub)).toEqual(record);
  expect(await sent(users, "six")).toBe(6);
  await bob.first("message", ({ message }) => message.text === "six");
  expect(await repaired(users)).toBe(0);
  await expectWhole(users);
});

test("[AR1][AR4][VE4] D1 emptied: everything goes on, and all that is named is in D1 again", async () => {
  const [one, other] = [await whoTalked(), await whoTalked()];
  const records = await Promise.all([one, other].map(({ a, b }) => recordRows(conversationOf(env, a, b))));
  await evictAllDurableObjects();
  await emptyD1();
  expect((await pairs()).conversations).toEqual([]);

  // The one is written to, the other is named by an operator.
  expect(await sent(one, "six")).toBe(6);
  await archived(env, one.a, one.b, 8);
  await expectWhole(one);
  await repaired(other);
  expect(await archiveRows(env, other.a, other.b)).toEqual(records[1]);
  await expectRepeatWritesNothing(other);
  expect(new Set((await pairs()).conversations.map(([a]) => a))).toEqual(new Set([one.a, other.a]));
  expect(await listed(other.a)).toEqual([`${other.b}: five`]);
});

test("[VE8] all conversations are listed page by page, each once, for a row read each", async () => {
  const all = [await whoTalked(), await whoTalked(), await whoTalked()];
  const meter = await meterRows(env.DB, conversationOf(env, "a", "b"));
  const found: string[] = [];
  const cost = await meter.cost(async () => {
    let query: string | undefined = "?limit=2";
    while (query !== undefined) {
      const { conversations, nextCursor }: Awaited<ReturnType<typeof pairs>> = await pairs(query);
      expect(conversations.length).toBeLessThanOrEqual(2);
      found.push(...conversations.map(([a, b]) => `${a} ${b}`));
      query = nextCursor === undefined ? undefined : `?limit=2&cursor=${nextCursor}`;
    }
  });
  meter.restore();
  const wanted = all.map(({ a, b }) => `${a} ${b}`);
  expect(found.filter((pair) => wanted.includes(pair)).toSorted()).toEqual(wanted.toSorted());
  expect(cost).toMatchObject({ archiveRead: found.length, archiveWritten: 0, objectWritten: 0 });
});

async function statusOf(query: string, key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}` };
  return (await worker.fetch(`${origin}/v1/admin/conversations${query}`, { headers })).status;
}

test("[VE8] it is for operators, and a limit beyond the edge is refused", async () => {
  expect(await statusOf("", "another-key-of-some-length")).toBe(401);
  expect(await statusOf("?limit=500", adminKey)).toBe(200);
  expect(await statusOf("?limit=501", adminKey)).toBe(400);
  expect(await statusOf("?limit=0", adminKey)).toBe(400);
});
