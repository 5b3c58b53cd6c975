import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { conversationKey } from "../../src/archive/conversation-key.ts";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import { conversationName } from "../../src/protocol/pair.ts";
import { stubOf, type Users } from "./by-hand.ts";
import { connect, env, freshUsers, rest } from "./clients.ts";
import { gateD1 } from "./d1-gate.ts";
import { connectInbox, inboxOf } from "./inbox-client.ts";
import { askList, listOf } from "./lists.ts";
import { interceptCalls } from "./object-calls.ts";
import { archived, archiveRows, recordRows } from "./stored.ts";
import { ways, writerOf } from "./ways.ts";

/** In everything that the deleted message said. */
const secret = "sesame-4711";
const said: WriteFrame = { type: "send", id: "one", text: `${secret} text`, data: { card: secret } };
const edited: WriteFrame = { type: "edit", id: "two", seq: 1, text: `${secret} edited` };
const reply: WriteFrame = { type: "send", id: "three", text: "a reply", replyTo: 1 };
const deletion: WriteFrame = { type: "delete", id: "gone", seq: 1 };

/** Every answer that shows messages, and the lists, as `b` gets them; the last two as `a`. */
async function everyAnswer({ a, b }: Users): Promise<string[]> {
  const [replayed, synced] = [await connect(b, a, 0), await connectInbox(b)];
  synced.send({ type: "sync", peer: a, after: 0 });
  await synced.first("synced");
  const { head } = await replayed.first("ready");
  return [
    ...replayed.received,
    ...synced.received,
    await (await rest(b, a, "GET", "/messages")).text(),
    await (await rest(b, a, "GET", `/messages?before=${head + 1}`)).text(),
    await (await rest(b, a, "GET", "")).text(),
    await (await rest(a, b, "POST", "/messages", said)).text(),
    await (await rest(a, b, "PATCH", "/messages/1", edited)).text(),
  ];
}

/** All that the object's tables and D1 hold of a conversation. */
async function everythingStored({ a, b }: Users): Promise<string> {
  const inObject = await runInDurableObject(stubOf({ a, b }), (_, { storage }) =>
    ["messages", "state"].map((table) => storage.sql.exec(`SELECT * FROM ${table}`).toArray()),
  );
  const key = await conversationKey(conversationName(a, b));
  const inArchive = await env.DB.batch([
    env.DB.prepare("SELECT * FROM messages WHERE conversation = ?").bind(key),
    env.DB.prepare("SELECT * FROM conversations WHERE id = ?").bind(key),
  ]);
  return JSON.stringify([inObject, inArchive.map(({ results }) => results)]);
}

test.each(ways)(
  "[DE1][DE2] deleted over %s, what a message said is in no answer at once, and in no table once D1 answered",
  async (way) => {
    const users = freshUsers();
    const { a, b } = users;
    const { write } = await writerOf(way, a, b);
    await write(said);
    await write(edited);
    await (await writerOf(way, b, a)).write(reply);
    await archived(env, a, b, 3);
    expect(await everythingStored(users)).toContain(secret);
    const gate = gateD1();
    expect(await write(deletion)).toMatchObject({ seq: 1, rev: 4 });
    // The flush waits: the record alone must keep the secret out of what the archive says.
    await gate.waiting(1);
    gate.letPass();
    const answers = await everyAnswer(users);
    expect(answers.join("\n")).toContain(`"deletedAt"`);
    expect(answers.join("\n")).not.toContain(secret);
    expect(await (await rest(b, a, "GET", "/messages?before=3")).text()).not.toContain(secret);
    gate.open();
    await archived(env, a, b, 4);
    expect(await everythingStored(users)).not.toContain(secret);
    expect((await everyAnswer(users)).join("\n")).not.toContain(secret);
    const bare = await rest(b, a, "GET", "/messages?before=3&rev=4");
    expect(await bare.text()).not.toContain(secret);
    expect(await archiveRows(env, a, b)).toEqual(await recordRows(stubOf(users)));
  },
);

test("[DE1] the tombstone keeps its numbers, id, author and time, and says when it was deleted", async () => {
  const users = freshUsers();
  const { a, b } = users;
  const bob = await connect(b, a);
  const alice = await writerOf("REST", a, b);
  await alice.write(said);
  await alice.write({ type: "react", id: "r", seq: 1, emoji: "👍", on: true });
  await alice.write(deletion);
  const { message: first } = await bob.first("message");
  const { message: last } = await bob.first("message", ({ message }) => message.rev === 3);
  const { deletedAt = 0 } = last;
  expect(last).toEqual({
    seq: 1,
    rev: 3,
    id: "one",
    author: a,
    text: "",
    createdAt: first.createdAt,
    deletedAt,
  });
  expect(deletedAt).toBeGreaterThanOrEqual(first.createdAt);
});

test("[DE1][LS2][MK5] lists and summaries show the newest message as deleted, and unread counts stay", async () => {
  const users = freshUsers();
  const { a, b } = users;
  const bob = await connectInbox(b);
  const { write } = await writerOf("a conversation socket", a, b);
  await write(said);
  await write({ ...said, id: "another" });
  await write({ ...deletion, seq: 2 });
  const last = { author: a, text: "", deleted: true };
  const shown = { peer: a, head: 2, rev: 3, unread: 2, last };
  expect(await bob.first("summary", ({ rev }) => rev === 3)).toMatchObject(shown);
  expect(await (await rest(b, a, "GET", "")).json()).toMatchObject(shown);
  await archived(env, a, b, 3);
  expect(await listOf(b)).toMatchObject({ conversations: [shown], unread: { messages: 2 } });
  expect((await (await connectInbox(b)).first("ready")).list?.conversations).toMatchObject([shown]);
  // One that is not the newest leaves the preview alone.
  await write({ ...said, id: "newest", text: "the newest" });
  await write({ ...deletion, id: "gone too", seq: 1 });
  await archived(env, a, b, 5);
  expect(await listOf(b)).toMatchObject({ conversations: [{ unread: 3, last: { text: "the newest" } }] });
  expect(await (await askList(b)).text()).not.toContain(secret);
});

test("[DE1][IN8] frames that wait for an inbox lose the text, and that of quotes, when the message is deleted", async () => {
  const { a, b } = freshUsers();
  const bob = await connectInbox(b);
  const mend = await interceptCalls(inboxOf(b), "notify", () => {
    throw new Error("a fault of the test's own");
  });
  const { write } = await writerOf("a conversation socket", a, b);
  for (const frame of [said, edited, reply, deletion]) {
    await write(frame);
  }
  mend();
  await write({ type: "send", id: "last", text: "the last" });
  await bob.first("message", ({ message }) => message.rev === 5);
  const told = bob
    .all("message")
    .map(({ message: { rev, seq, text, quote } }) => [rev, seq, text, quote?.text]);
  expect(told).toEqual([
    [1, 1, "", undefined],
    [2, 1, "", undefined],
    [3, 2, "a reply", ""],
    [4, 1, "", undefined],
    [5, 3, "the last", undefined],
  ]);
  expect(bob.received.join("\n")).not.toContain(secret);
});

test("[DE1][IN7] frames that wait behind a sync lose the text when the message is deleted", async () => {
  const { a, b } = freshUsers();
  const { write } = await writerOf("a conversation socket", a, b);
  await write({ type: "send", id: "zero", text: "hello" });
  const bob = await connectInbox(b);
  const answered = Promise.withResolvers<void>();
  let isAsked = false;
  await interceptCalls(stubOf({ a, b }), "replay", async (sync) => {
    const answer = await sync();
    isAsked = true;
    await answered.promise;
    return answer;
  });
  bob.send({ type: "sync", peer: a, after: 1 });
  await expect.poll(() => isAsked).toBe(true);
  const phone = await connectInbox(b);
  for (const frame of [said, { ...reply, replyTo: 2 }, { ...deletion, seq: 2 }] as const) {
    await write(frame);
  }
  // Another device of the same inbox has them: they wait for this one.
  await phone.first("message", ({ message }) => message.rev === 4);
  answered.resolve();
  await bob.first("message", ({ message }) => message.rev === 4);
  expect(bob.all("message").map(({ message: { rev, text } }) => [rev, text])).toEqual([
    [2, ""],
    [3, "a reply"],
    [4, ""],
  ]);
  expect(bob.received.join("\n")).not.toContain(secret);
});

test("[DE2][AR2] where the object is restored from D1 the deletion stays", async () => {
  const users = freshUsers();
  const { a, b } = users;
  const { write } = await writerOf("REST", a, b);
  await write(said);
  await write(deletion);
  await archived(env, a, b, 2);
  await runInDurableObject(stubOf(users), (_, { storage }) => {
    storage.sql.exec("DROP TABLE messages");
    storage.sql.exec("DROP TABLE state");
  });
  await evictDurableObject(stubOf(users));
  expect((await everyAnswer(users)).join("\n")).not.toContain(secret);
  expect(await recordRows(stubOf(users))).toMatchObject([{ text: "", data: null }]);
});
