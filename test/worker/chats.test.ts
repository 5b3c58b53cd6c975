import { expect, onTestFinished, test } from "vitest";
import { chatSchema } from "../../src/protocol/chats.ts";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import { fillRecord, stubOf, upTo } from "./by-hand.ts";
import { askChats, getChats, numberedUsers, postChat, walkChats } from "./chats-client.ts";
import { connect, deployWith, env, freshUsers, rest } from "./clients.ts";
import { faultyD1 } from "./faulty-d1.ts";
import { archived, recordRows } from "./stored.ts";
import { nameUser } from "./users.ts";

test("[RA10][RA11][RA13] a message that is sent is answered as the replaced app did, and so are both users' messages, the newest first", async () => {
  const { one, other } = numberedUsers();
  const before = Date.now();
  const sent = await askChats(`${one}`, "POST", "", { receiver_id: other, content: "New stuff?" });
  expect(sent.status).toBe(201);
  expect(sent.headers.get("cache-control")).toBe("no-store");
  const stored = { id: 1, sender_id: one, receiver_id: other, content: "New stuff?" };
  const answer: { data: { timestamp: string } } = await sent.json();
  const { timestamp } = answer.data;
  expect(answer).toStrictEqual({
    data: { ...stored, timestamp },
    message: "SUCCESS: create a personal chat message.",
  });
  expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(before);
  const reply = await postChat(`${other}`, { receiver_id: `${one}`, content: "None.", sender_id: other });
  expect(reply).toMatchObject({ id: 2, sender_id: other, receiver_id: one });
  for (const [user, peer] of [
    [one, other],
    [other, one],
  ]) {
    const read = await askChats(`${user}`, "GET", `/me/${peer}`);
    expect(read.status).toBe(200);
    expect(read.headers.get("cache-control")).toBe("no-store");
    expect(read.headers.get("link")).toBeNull();
    expect(await read.json()).toStrictEqual({
      data: [reply, { ...stored, timestamp }],
      message: "SUCCESS: current user dms retrieved.",
    });
  }
});

test("[RA10] ids that are no numbers stay text, and a correspondent without messages has none", async () => {
  const { a, b } = freshUsers();
  expect(await getChats(a, b)).toEqual({ data: [] });
  const sent = await postChat(a, { receiver_id: b, content: "hello", sender_id: a });
  expect(sent).toMatchObject({ sender_id: a, receiver_id: b });
  expect(await getChats(b, encodeURIComponent(a))).toEqual({ data: [sent] });
});

test("[RA10][US6] with aliases on, a client whose token says an e-mail and whose correspondents are numbers works unchanged", async () => {
  deployWith({ ALIASES: "on" });
  const { one, other } = numberedUsers();
  const [email, otherEmail] = [`${one}@x.example`, `${other}@x.example`];
  await nameUser(`${one}`, { aliases: [email] });
  await nameUser(`${other}`, { aliases: [otherEmail] });
  const first = await postChat(email, { receiver_id: other, content: "to a number", sender_id: one });
  expect(first).toMatchObject({ sender_id: one, receiver_id: other });
  const second = await postChat(otherEmail, { receiver_id: email, content: "to an e-mail" });
  expect(second).toMatchObject({ sender_id: other, receiver_id: one });
  const third = await postChat(email, { receiver_id: otherEmail, content: "both", sender_id: email });
  for (const [user, peer] of [
    [email, `${other}`],
    [`${one}`, otherEmail],
    [otherEmail, email],
  ] as const) {
    expect((await getChats(user, encodeURIComponent(peer))).data).toEqual([third, second, first]);
  }
});

test("[RA13] a message sent over the old REST arrives on the sockets, and what they send is read there", async () => {
  const { a, b } = freshUsers();
  const bob = await connect(b, a);
  await postChat(a, { receiver_id: b, content: "hello" });
  expect(await bob.first("message")).toMatchObject({ message: { author: a, text: "hello", seq: 1 } });
  await bob.say("hello back");
  const { data } = await getChats(a, b);
  expect(data.map(({ content }) => content)).toEqual(["hello back", "hello"]);
});

test("[RA11] followed by Link, answers of any length are the whole conversation: 200 by default, joined from two pages", async () => {
  const users = freshUsers();
  await fillRecord(stubOf(users), 450);
  await stubOf(users).waitUntilReplicated(450);
  const rows = await recordRows(stubOf(users));
  const whole = rows.toReversed().map(({ seq, author, text, created_at_ms: at }) =>
    chatSchema.parse({
      id: seq,
      sender_id: users[author],
      receiver_id: users[author === "a" ? "b" : "a"],
      content: text,
      timestamp: new Date(at).toISOString(),
    }),
  );
  const byDefault = await walkChats(users.a, users.b);
  expect(byDefault.map((answer) => answer.length)).toEqual([200, 200, 50]);
  expect(byDefault.flat()).toEqual(whole);
  for (const limit of [1, 100, 101, 150, 199]) {
    const from = limit === 1 ? 4 : 451;
    const answers = await walkChats(users.b, `${users.a}?before=${from}&limit=${limit}`);
    expect(answers.slice(0, -1).every((answer) => answer.length === limit)).toBe(true);
    expect(answers.flat()).toEqual(whole.slice(451 - from));
  }
});

test("[RA12] what was deleted and what has no text is left out, and answers are filled from behind it", async () => {
  const { a, b } = freshUsers();
  for (const nth of upTo(9)) {
    const body =
      nth === 4 ? { id: `${nth}`, text: "", data: { x: 1 } } : { id: `${nth}`, text: `text ${nth}` };
    expect((await rest(a, b, "POST", "/messages", body)).status).toBe(201);
  }
  for (const nth of [9, 6, 5, 1]) {
    expect((await rest(a, b, "DELETE", `/messages/${nth}`)).status).toBe(200);
  }
  expect(idsOf([(await getChats(b, a)).data])).toEqual([[8, 7, 3, 2]]);
  expect(idsOf(await walkChats(b, `${a}?limit=3`))).toEqual([[8, 7, 3], [2]]);
  expect(idsOf(await walkChats(b, `${a}?limit=2`))).toEqual([[8, 7], [3, 2], []]);
});

test("[RA12] behind a stretch where nothing is to be shown, Link leads on", async () => {
  const users = freshUsers();
  await fillRecord(stubOf(users), 450, { textOf: (seq) => (seq <= 2 ? `text ${seq}` : "") });
  await stubOf(users).waitUntilReplicated(450);
  const first = await getChats(users.a, users.b);
  expect(first).toEqual({ data: [], next: `${users.b}?before=51&limit=200` });
  const { data, next } = await getChats(users.a, first.next ?? "");
  expect(data.map(({ id }) => id)).toEqual([2, 1]);
  expect(next).toBeUndefined();
});

test("[RA12][HI4] with the archive away the newest page still comes, with a Link to the older ones, which are 503", async () => {
  const users = freshUsers();
  await fillRecord(stubOf(users), 150);
  await archived(env, users.a, users.b, 150);
  onTestFinished(faultyD1(env.DB, "down", 1).restore);
  const { data, next } = await getChats(users.a, users.b);
  expect(data.map(({ id }) => id)).toEqual(upTo(150, 51).toReversed());
  expect(next).toBe(`${users.b}?before=51&limit=200`);
  const older = await askChats(users.a, "GET", `/me/${next}`);
  expect(older.status).toBe(503);
  expect(older.headers.get("retry-after")).toBe("5");
});

test("[RA13] where the history is replaced between the two calls, the conversation is asked once more", async () => {
  const { a, b } = freshUsers();
  const { CONVERSATIONS } = env;
  const answered: number[] = [];
  const ahead = (name: string) => {
    const stub = CONVERSATIONS.getByName(name);
    const summary = async (user: string) => {
      const real = await stub.summary(user);
      answered.push(real.rev);
      return answered.length === 1 ? { ...real, rev: 1_000 } : real;
    };
    const write = (user: string, frame: WriteFrame) => stub.write(user, frame);
    return { summary, write, settled: (rev: number) => stub.waitUntilReplicated(rev) };
  };
  deployWith({ CONVERSATIONS: { getByName: ahead } as unknown as typeof CONVERSATIONS });
  expect(await postChat(a, { receiver_id: b, content: "hello" })).toMatchObject({ id: 1 });
  expect(answered).toEqual([0, 0]);
});

test("[RA13] the same words sent twice are two messages", async () => {
  const { a, b } = freshUsers();
  const body = { receiver_id: b, content: "again" };
  expect([(await postChat(a, body)).id, (await postChat(a, body)).id]).toEqual([1, 2]);
});

function idsOf(answers: readonly (readonly { readonly id: number }[])[]): number[][] {
  return answers.map((answer) => answer.map(({ id }) => id));
}
