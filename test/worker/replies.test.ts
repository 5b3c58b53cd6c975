import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import type { Message } from "../../src/protocol/message.ts";
import { stubOf, type Users } from "./by-hand.ts";
import { connect, env, freshUsers } from "./clients.ts";
import { gateD1 } from "./d1-gate.ts";
import { connectInbox } from "./inbox-client.ts";
import { getPage } from "./pages.ts";
import { archived } from "./stored.ts";
import { ways, writerOf } from "./ways.ts";

const said: WriteFrame = { type: "send", id: "said", text: "what was said" };
const reply: WriteFrame = { type: "send", id: "reply", text: "a reply", replyTo: 1 };

/** The reply, message 2, as everything shows it that does not need D1 to be of today. */
async function shownReply({ a, b }: Users): Promise<Message[]> {
  const [replayed, synced] = [await connect(b, a, 0), await connectInbox(b)];
  synced.send({ type: "sync", peer: a, after: 0 });
  await synced.first("synced");
  const pages = ["/messages", "/messages?before=4", "/messages?before=3", "/messages?before=3&limit=1"];
  const found = await Promise.all(pages.map(async (path) => (await getPage({ a, b }, path)).page.messages));
  const told = [replayed, synced].map(({ frames }) =>
    frames.flatMap((frame) => (frame.type === "message" ? [frame.message] : [])),
  );
  return [...found, ...told].flatMap((messages) => messages.filter(({ seq }) => seq === 2));
}

const changes = [
  {
    name: "an edit",
    frame: { type: "edit", id: "change", seq: 1, text: "what was meant" },
    quoted: { text: "what was meant" },
  },
  {
    name: "an edit to something long",
    frame: { type: "edit", id: "change", seq: 1, text: "👩‍👩‍👧‍👦".repeat(100) },
    quoted: { text: "👩‍👩‍👧‍👦".repeat(12) },
  },
  {
    name: "a deletion",
    frame: { type: "delete", id: "change", seq: 1 },
    quoted: { text: "", deletedAt: expect.any(Number) as number },
  },
  {
    name: "a reaction",
    frame: { type: "react", id: "change", seq: 1, emoji: "👍", on: true },
    quoted: { text: "what was said" },
  },
] satisfies { name: string; frame: WriteFrame; quoted: object }[];

test.each(ways.flatMap((way) => changes.map((change) => ({ way, ...change }))))(
  "[RY2][RY3] a quote follows $name over $way: pages of the record, of D1, of both while D1 lags, and replays",
  async ({ way, frame, quoted }) => {
    const users = freshUsers();
    const { a, b } = users;
    const { write } = await writerOf(way, a, b);
    await write(said);
    await write(reply);
    await write({ type: "send", id: "last", text: "the last" });
    await archived(env, a, b, 3);
    const gate = gateD1();
    expect(await write(frame)).toMatchObject({ rev: 4 });
    await gate.waiting(1);
    gate.letPass();
    const quote = { author: a, ...quoted };
    const lagging = await shownReply(users);
    expect((await getPage(users, "/messages?before=3")).archivedRev).toBe(3);
    gate.open();
    await archived(env, a, b, 4);
    const { page, archivedRev } = await getPage(users, "/messages?before=3&rev=4");
    expect(archivedRev).toBe(4);
    const shown = [...lagging, ...(await shownReply(users)), ...page.messages.slice(1)];
    expect(shown).toHaveLength(13);
    for (const message of shown) {
      expect(message).toMatchObject({ seq: 2, rev: 2, text: "a reply", replyTo: 1 });
      expect(message.quote).toEqual(quote);
    }
  },
);

test("[RY1] a reply to a deleted message is taken, and quotes nothing of it", async () => {
  const users = freshUsers();
  const { a, b } = users;
  const bob = await connect(b, a);
  const { write } = await writerOf("REST", a, b);
  await write(said);
  await write({ type: "delete", id: "gone", seq: 1 });
  expect(await write(reply)).toMatchObject({ seq: 2, rev: 3 });
  const { message } = await bob.first("message", ({ message: { seq } }) => seq === 2);
  expect(message.quote).toEqual({ author: a, text: "", deletedAt: expect.any(Number) as number });
});

test("[RY2] a reply to a reply quotes that one alone, and one to a message without text its emptiness", async () => {
  const users = freshUsers();
  const { a, b } = users;
  const { write } = await writerOf("REST", a, b);
  await write({ ...said, text: "", data: { card: 1 } });
  await write(reply);
  await write({ ...reply, id: "second", replyTo: 2 });
  const { messages } = (await getPage(users, "/messages")).page;
  expect(messages.map(({ quote }) => quote)).toEqual([
    undefined,
    { author: a, text: "" },
    { author: a, text: "a reply" },
  ]);
});

test("[RY2][ED1] an edited reply keeps what it answers; a deleted one does not", async () => {
  const users = freshUsers();
  const { a, b } = users;
  const bob = await connect(b, a);
  const { write } = await writerOf("REST", a, b);
  await write(said);
  await write(reply);
  const quote = { author: a, text: "what was said" };
  expect(await write({ type: "edit", id: "e", seq: 2, text: "another" })).toMatchObject({
    message: { text: "another", replyTo: 1, quote },
  });
  await evictDurableObject(stubOf(users));
  expect(await write({ type: "react", id: "r", seq: 2, emoji: "🎉", on: true })).toMatchObject({
    message: { replyTo: 1, quote },
  });
  expect(await write({ type: "delete", id: "d", seq: 2 })).toMatchObject({ rev: 5 });
  const { message } = await bob.first("message", ({ message: { rev } }) => rev === 5);
  expect(Object.keys(message).toSorted()).toEqual(
    ["author", "createdAt", "deletedAt", "id", "rev", "seq", "text"].toSorted(),
  );
});
