import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { sendAnswerSchema } from "../../src/protocol/rest.ts";
import { fillRecord, stubOf, upTo, type Users } from "./by-hand.ts";
import { connect, freshUsers, problemOf, rest } from "./clients.ts";
import { postChat } from "./chats-client.ts";
import { connectSocketIo } from "./socket-io-client.ts";
import { recordRows } from "./stored.ts";
import { ways, writerOf } from "./ways.ts";

const restarts = [
  { name: "at once", restart: () => Promise.resolve() },
  { name: "after the object slept", restart: (users: Users) => evictDurableObject(stubOf(users)) },
];
const afters = [
  { after: 0, name: "the right after" },
  { name: "no after" },
  { after: 61, name: "a wrong after, above the first try" },
];

test.each(restarts.flatMap((one) => afters.map((other) => ({ ...one, ...other, when: one.name }))))(
  "[SE5][SE11] a retry $when with $name gets the first answer over socket and REST, and stores nothing",
  async ({ restart, after }) => {
    const users = freshUsers();
    const alice = await connect(users.a, users.b);
    const id = "tried";
    const first = await alice.say("tried twice", { id, after: 0 });
    // Few enough that the newest hundred, which are looked at whatever `after` says, reach the first try.
    await Promise.all(upTo(60).map((nth) => alice.say(`later ${nth}`)));
    await restart(users);
    const retried = { id, ...(after !== undefined && { after }) };
    expect(await alice.say("tried twice", retried)).toEqual(first);
    const answer = await rest(users.a, users.b, "POST", "/messages", {
      ...retried,
      text: "tried twice",
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      id,
      seq: 1,
      rev: 1,
      message: { seq: 1, text: "tried twice" },
    });
    expect(await recordRows(stubOf(users))).toHaveLength(61);
    expect(alice.all("message")).toHaveLength(61);
  },
);

test("[SE5][SE11] what was first sent over REST is found by a retry over a socket, and from another device", async () => {
  const { a, b } = freshUsers();
  const response = await rest(a, b, "POST", "/messages", { id: "m1", text: "hello", after: 0 });
  const { message: _, ...receipt } = sendAnswerSchema.parse(await response.json());
  const tablet = await connect(a, b);
  expect(await tablet.say("hello", { id: "m1", after: 0 })).toEqual({ type: "ack", ...receipt });
  expect(await recordRows(stubOf({ a, b }))).toHaveLength(1);
});

test("[SE5] tries of one send that come at the same time become one message", async () => {
  const { a, b } = freshUsers();
  const [phone, tablet] = [await connect(a, b), await connect(a, b)];
  const body = { id: "same", text: "once", after: 0 };
  const answers = await Promise.all([
    phone.say("once", body),
    tablet.say("once", body),
    ...upTo(4).map(() => rest(a, b, "POST", "/messages", body)),
  ]);
  const statuses = answers.flatMap((answer) => (answer instanceof Response ? [answer.status] : []));
  expect(statuses.filter((status) => status === 201).length).toBeLessThanOrEqual(1);
  expect(statuses.every((status) => status === 200 || status === 201)).toBe(true);
  expect(phone.all("ack")).toEqual(tablet.all("ack"));
  expect(await recordRows(stubOf({ a, b }))).toHaveLength(1);
});

test("[SE6][SE11] the same id with another text is a conflict: an error on the socket, 409 over REST", async () => {
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  await alice.say("one thing", { id: "m1", after: 0 });
  expect(await alice.say("another", { id: "m1", after: 0 })).toMatchObject({
    type: "error",
    id: "m1",
    code: "conflict",
  });
  const response = await rest(a, b, "POST", "/messages", { id: "m1", text: "another", after: 0 });
  expect(response.status).toBe(409);
  expect((await problemOf(response)).code).toBe("conflict");
  expect((await recordRows(stubOf({ a, b }))).map((row) => row.text)).toEqual(["one thing"]);
  expect(await alice.say("the socket stays")).toMatchObject({ type: "ack", seq: 2 });
});

test("[SE1][SE5] an id of the other author is free", async () => {
  const { a, b } = freshUsers();
  const [alice, bob] = [await connect(a, b), await connect(b, a)];
  expect(await alice.say("alice's", { id: "m1", after: 0 })).toMatchObject({ type: "ack", seq: 1 });
  expect(await bob.say("bob's", { id: "m1", after: 0 })).toMatchObject({ type: "ack", seq: 2 });
  expect(await alice.say("alice's", { id: "m1", after: 0 })).toMatchObject({ type: "ack", seq: 1 });
  expect(await bob.say("bob's", { id: "m1", after: 0 })).toMatchObject({ type: "ack", seq: 2 });
});

test("[SE7] after above rev is out of range, on both ways", async () => {
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  await alice.say("one");
  expect(await alice.say("two", { after: 2 })).toMatchObject({
    type: "error",
    code: "out_of_range",
    field: "after",
  });
  const response = await rest(a, b, "POST", "/messages", { id: "m2", text: "two", after: 2 });
  expect(response.status).toBe(400);
  expect(await problemOf(response)).toMatchObject({ code: "out_of_range", field: "after" });
  expect(await recordRows(stubOf({ a, b }))).toHaveLength(1);
});

test(
  "[SE7] a send with an after that is too old is stale where 10,000 messages do not tell",
  { timeout: 30_000 },
  async () => {
    const users = freshUsers();
    const { a, b } = users;
    const count = 10_050;
    await fillRecord(stubOf(users), count);
    const alice = await connect(a, b);
    const stale = { type: "error", code: "stale" };
    expect(await alice.say("new?", { id: "new", after: 49 })).toMatchObject({ ...stale, id: "new" });
    // The first of all is an earlier attempt, but nobody can tell.
    expect(await alice.say("text 1", { id: "m1", after: 0 })).toMatchObject(stale);
    const response = await rest(a, b, "POST", "/messages", { id: "new", text: "new?", after: 0 });
    expect(response.status).toBe(409);
    expect((await problemOf(response)).code).toBe("stale");
    expect(await alice.say("text 51", { id: "m51", after: 0 })).toMatchObject({ type: "ack", seq: 51 });
    expect(await recordRows(stubOf(users))).toHaveLength(count);
    expect(await alice.say("new!", { id: "new", after: count })).toMatchObject({
      type: "ack",
      seq: count + 1,
    });
  },
);

/** Longer than what a retry check examines. In such a conversation every odd message is the first user's. */
const longCount = 10_050;

test.each(ways)(
  "[SE7] without after, a client on %s sends and changes in a conversation of more than 10,000 messages",
  { timeout: 30_000 },
  async (way) => {
    const users = freshUsers();
    await fillRecord(stubOf(users), longCount);
    const { write } = await writerOf(way, users.a, users.b);
    const retryOf = (seq: number) => write({ type: "send", id: `m${seq}`, text: `text ${seq}` });
    expect(await retryOf(longCount - 999)).toMatchObject({ seq: longCount - 999 });
    expect(await retryOf(longCount - 1_001)).toMatchObject({ seq: longCount + 1 });
    expect(await retryOf(longCount - 1_001)).toMatchObject({ seq: longCount + 1 });
    const edit = { type: "edit", id: "e", seq: 1, text: "edited" } as const;
    expect(await write(edit)).toMatchObject({ rev: longCount + 2 });
    expect(await write(edit)).toMatchObject({ rev: longCount + 2 });
    const reaction = { type: "react", id: "r", seq: 2, emoji: "👍", on: true } as const;
    expect(await write(reaction)).toMatchObject({ rev: longCount + 3 });
    expect(await write({ type: "delete", id: "d", seq: 3 })).toMatchObject({ rev: longCount + 4 });
  },
);

test(
  "[SE7][SI5][RA1][RA13] without after, Socket.IO and the chats API send in a conversation of more than 10,000 messages",
  { timeout: 30_000 },
  async () => {
    const users = freshUsers();
    const { a, b } = users;
    await fillRecord(stubOf(users), longCount);
    const client = await connectSocketIo(a);
    const send = { peer: b, id: "one", text: "one" };
    expect(await client.call("send", send)).toMatchObject([{ ok: true, seq: longCount + 1 }]);
    expect(await client.call("send", send)).toMatchObject([{ ok: true, seq: longCount + 1 }]);
    expect(await client.call("private_dm", { receiver_id: b, content: "two" })).toEqual([]);
    expect(await postChat(a, { receiver_id: b, content: "three" })).toMatchObject({ id: longCount + 3 });
  },
);
