import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { editInRecord, fillRecord, keepArchive, stubOf, tablesOf, upTo } from "./by-hand.ts";
import { connect, env, freshUsers, rest } from "./clients.ts";
import { archivedConversation, conversationLength as count, getPage, send } from "./pages.ts";
import { archiveRows, archiveSummary, recordRows } from "./stored.ts";

test("[HI2][HI3] an edit that the archive lacks wins over its older copy, on every page that shows it", async () => {
  const users = await archivedConversation();
  const setBack = await keepArchive(users);
  const rev = await editInRecord(stubOf(users), 5, "newer");
  for (const path of [
    "/messages?before=6&limit=1",
    "/messages?before=24",
    "/messages?before=9&limit=5&rev=24",
  ]) {
    await setBack();
    const { page } = await getPage(users, path);
    expect(page.messages.find((message) => message.seq === 5)).toMatchObject({ text: "newer", rev });
    expect(page.rev).toBe(rev);
  }
});

test("[HI2][HI7] up to the archive's rev the archive answers alone, above it the record completes the page", async () => {
  const users = await archivedConversation();
  const setBack = await keepArchive(users);
  const rev = await editInRecord(stubOf(users), 5, "newer");
  await setBack();
  // Only the record knows the edit, so the text tells who was asked.
  for (const known of [0, 1, count - 1, count]) {
    await setBack();
    const { page, archivedRev } = await getPage(users, `/messages?before=8&limit=5&rev=${known}`);
    expect(page.messages.map((message) => message.text)).toEqual(upTo(7, 3).map((seq) => `text ${seq}`));
    expect({ rev: page.rev, archivedRev }).toEqual({ rev: count, archivedRev: count });
  }
  const { page, archivedRev } = await getPage(users, `/messages?before=8&limit=5&rev=${rev}`);
  expect(page.messages.map((message) => message.text)).toEqual([
    "text 3",
    "text 4",
    "newer",
    "text 6",
    "text 7",
  ]);
  expect({ rev: page.rev, archivedRev }).toEqual({ rev, archivedRev: count });
});

test("[HI1][HI2][HI7] above after, the archive answers alone up to its rev; the page with its newest message asks the record", async () => {
  const users = await archivedConversation();
  const setBack = await keepArchive(users);
  const rev = await editInRecord(stubOf(users), 5, "newer");
  await setBack();
  const known = await getPage(users, `/messages?after=2&limit=5&rev=${count}`);
  expect(known.page).toMatchObject({ hasMore: true, head: count, rev: count });
  expect(known.page.messages.map(({ text }) => text)).toEqual(upTo(7, 3).map((seq) => `text ${seq}`));
  await setBack();
  const newer = await getPage(users, `/messages?after=2&limit=5&rev=${rev}`);
  expect(newer.page.messages.map(({ text }) => text)).toEqual([
    "text 3",
    "text 4",
    "newer",
    "text 6",
    "text 7",
  ]);
  await setBack();
  const last = await getPage(users, `/messages?after=${count - 5}&limit=5&rev=${count}`);
  expect(last.page.messages.map(({ seq }) => seq)).toEqual(upTo(count, count - 4));
  expect(last.page).toMatchObject({ hasMore: false, head: count, rev });
});

test("[HI1] at head or above, the page above after is empty, and has all once the next message is there", async () => {
  const users = await archivedConversation();
  const empty = { messages: [], hasMore: false, head: count, rev: count };
  for (const after of [count, count + 1, count + 50, Number.MAX_SAFE_INTEGER]) {
    for (const rev of ["", "&rev=1", `&rev=${count}`]) {
      expect((await getPage(users, `/messages?after=${after}${rev}`)).page).toEqual(empty);
    }
  }
  await send(users, count + 1, count + 2);
  const { page } = await getPage(users, `/messages?after=${count}&limit=1&rev=${count}`);
  expect(page).toMatchObject({ messages: [{ seq: count + 1 }], hasMore: true, head: count + 2 });
});

test("[HI2][HI7] a page without rev, and the newest one, are the record's word", async () => {
  const users = await archivedConversation();
  const setBack = await keepArchive(users);
  const rev = await editInRecord(stubOf(users), 22, "newer");
  await setBack();
  const unasked = await getPage(users, "/messages?before=24&limit=5");
  expect(unasked.page.messages.find((message) => message.seq === 22)?.text).toBe("newer");
  const newest = await getPage(users, "/messages?limit=5");
  expect(newest.page.messages.find((message) => message.seq === 22)?.text).toBe("newer");
  expect(newest).toMatchObject({ page: { rev, head: count }, archivedRev: 0 });
});

test("[HI1] before beyond the newest message is the newest page", async () => {
  const users = await archivedConversation();
  const newest = await getPage(users, "/messages?limit=5");
  expect(newest.page.messages.map((message) => message.seq)).toEqual([19, 20, 21, 22, 23]);
  for (const before of [24, 25, 28, 29, 1_000, Number.MAX_SAFE_INTEGER]) {
    for (const rev of ["", "&rev=1", `&rev=${count}`]) {
      expect((await getPage(users, `/messages?before=${before}&limit=5${rev}`)).page).toEqual(newest.page);
    }
  }
});

test("[HI1] nothing lies before the first message", async () => {
  const users = await archivedConversation();
  for (const rev of ["", "&rev=1", `&rev=${count}`]) {
    const { page } = await getPage(users, `/messages?before=1${rev}`);
    expect(page).toEqual({ messages: [], hasMore: false, head: count, rev: count });
  }
});

test("[HI1] a page has 50 messages where no limit is named", async () => {
  const users = freshUsers();
  await fillRecord(stubOf(users), 60);
  const { page } = await getPage(users, "/messages");
  expect(page.messages.map((message) => message.seq)).toEqual(upTo(60, 11));
  expect((await getPage(users, "/messages?before=11")).page.messages.map(({ seq }) => seq)).toEqual(upTo(10));
});

test("[HI6] the opening move misses nothing: connect, the page below head + 1, then live frames", async () => {
  const { a, b } = freshUsers();
  await send({ a, b }, 1, 5);
  const alice = await connect(a, b);
  const bob = await connect(b, a);
  const { head } = await bob.first("ready");
  await alice.say("said between ready and the page");
  const { page } = await getPage({ a: b, b: a }, `/messages?before=${head + 1}`);
  await alice.say("said after the page");
  await bob.first("message", ({ message }) => message.seq === 7);
  const live = bob.all("message").map(({ message }) => message.seq);
  expect([...page.messages.map((message) => message.seq), ...live]).toEqual(upTo(7));
});

test("[HI1][CO2] an empty conversation is an empty page, and looking at it writes nothing", async () => {
  const users = freshUsers();
  const empty = { messages: [], hasMore: false, head: 0, rev: 0 };
  for (const path of [
    "/messages",
    "/messages?before=1",
    "/messages?before=50&limit=3",
    "/messages?before=9&rev=0",
    "/messages?after=0",
    "/messages?after=7&rev=0",
  ]) {
    expect((await getPage(users, path)).page).toEqual(empty);
  }
  const summary: unknown = await (await rest(users.a, users.b, "GET")).json();
  expect(summary).toEqual({
    you: users.a,
    peer: users.b,
    head: 0,
    rev: 0,
    state: 0,
    read: { you: 0, peer: 0 },
    unread: 0,
    muted: false,
    archived: false,
    blocked: false,
  });
  const alice = await connect(users.a, users.b, 0);
  const bob = await connect(users.b, users.a);
  alice.send({ type: "typing", on: true });
  await bob.first("typing");
  alice.close();
  await alice.closed();
  await stubOf(users).waitUntilReplicated(0);
  expect(await tablesOf(stubOf(users))).toEqual([]);
  expect(await recordRows(stubOf(users))).toEqual([]);
  expect(await archiveRows(env, users.a, users.b)).toEqual([]);
  expect(await archiveSummary(env, users.a, users.b)).toBeNull();
  expect(await runInDurableObject(stubOf(users), (_, { storage }) => storage.getAlarm())).toBeNull();
});
