import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { receiptSchema } from "../../src/protocol/message.ts";
import { sendAnswerSchema } from "../../src/protocol/rest.ts";
import { type Client, connect, env, freshUsers, openWith, problemOf, rest, tokenFor } from "./clients.ts";
import { conversationOf, recordRows } from "./stored.ts";

test("[SE2][SE3][SE4][SO3] every device of both users gets every message in one order, its sender before the ack", async () => {
  const { a, b } = freshUsers();
  const phones = [await connect(a, b), await connect(b, a)] as const;
  const devices = [...phones, await connect(a, b), await connect(b, a)];
  for (let nth = 0; nth < 20; nth += 1) {
    phones.forEach((phone) => phone.send({ type: "send", id: `id ${nth}`, text: `text ${nth}`, after: 0 }));
  }
  await Promise.all(phones.map((phone) => phone.until(() => phone.all("ack").length === 20, "all acks")));
  await Promise.all(devices.map((device) => device.first("message", ({ message }) => message.seq === 40)));
  const [first, ...others] = devices.map((device) => device.all("message").map(({ message }) => message));
  expect(others).toEqual(others.map(() => first));
  expect(first?.map(({ seq, rev }) => [seq, rev])).toEqual(upTo(40).map((nth) => [nth, nth]));
  const times = first?.map(({ createdAt }) => createdAt);
  expect(times).toEqual(times?.toSorted((one, other) => one - other));
  for (const [phone, author] of [
    [phones[0], a],
    [phones[1], b],
  ] as const) {
    const own = first?.filter((message) => message.author === author);
    expect(own?.map(({ text }) => text)).toEqual(upTo(20).map((nth) => `text ${nth - 1}`));
    expect(phone.all("ack").map((ack) => receiptSchema.parse(ack))).toEqual(
      own?.map((message) => receiptSchema.parse(message)),
    );
    expectShownBeforeAck(phone, author);
  }
});

test("[SE5][RP5] a retry gets the first ack over the same socket, another device, REST, and a restart", async () => {
  const { a, b } = freshUsers();
  const [phone, peer] = [await connect(a, b), await connect(b, a)];
  const first = await phone.say("hello", { id: "x", after: 0 });
  expect(first).toMatchObject({ type: "ack", id: "x", seq: 1, rev: 1 });
  await peer.say("hello yourself");
  expect(await phone.say("hello", { id: "x", after: 0 })).toEqual(first);
  expect(await phone.say("hello", { id: "x" })).toEqual(first);
  // Wrong, since the author had not seen its own message before; found all the same among the newest.
  expect(await phone.say("hello", { id: "x", after: 2 })).toEqual(first);
  await evictDurableObject(conversationOf(env, a, b), { webSockets: "close" });
  expect((await phone.closed()).code).toBe(1006);
  const again = await connect(a, b, 1);
  expect(await again.say("hello", { id: "x", after: 0 })).toEqual(first);
  const posted = await rest(a, b, "POST", "/messages", { id: "x", text: "hello", after: 0 });
  expect(posted.status).toBe(200);
  expect(sendAnswerSchema.parse(await posted.json())).toMatchObject({
    ...receiptSchema.parse(first),
    message: { text: "hello" },
  });
  expect(await texts(a, b)).toEqual(["hello", "hello yourself"]);
  expect(peer.all("message")).toHaveLength(2);
});

test("[SE5] retries in one burst, from two devices, store one message", async () => {
  const { a, b } = freshUsers();
  const [phone, laptop] = [await connect(a, b), await connect(a, b)];
  for (let nth = 0; nth < 3; nth += 1) {
    for (const device of [phone, laptop]) {
      device.send({ type: "send", id: "x", text: "once", after: 0 });
    }
  }
  await Promise.all(
    [phone, laptop].map((device) => device.until(() => device.all("ack").length === 3, "acks")),
  );
  const acks = [...phone.all("ack"), ...laptop.all("ack")];
  expect(new Set(acks.map((ack) => JSON.stringify(ack))).size).toBe(1);
  expect([phone.all("message").length, laptop.all("message").length]).toEqual([1, 1]);
  expect(await texts(a, b)).toEqual(["once"]);
});

test("[SE6] the same id with another text is a conflict, the same id of the other user a message", async () => {
  const { a, b } = freshUsers();
  const [one, other] = [await connect(a, b), await connect(b, a)];
  await one.say("hello", { id: "x" });
  expect(await one.say("other", { id: "x" })).toMatchObject({ type: "error", id: "x", code: "conflict" });
  expect(await other.say("other", { id: "x" })).toMatchObject({ type: "ack", seq: 2 });
  const posted = await rest(a, b, "POST", "/messages", { id: "x", text: "third" });
  expect(posted.status).toBe(409);
  expect(await problemOf(posted)).toMatchObject({ code: "conflict" });
  expect(await texts(a, b)).toEqual(["hello", "other"]);
});

test("[SE7] an after above rev is out_of_range and stores nothing; at rev it is fine", async () => {
  const { a, b } = freshUsers();
  const one = await connect(a, b);
  await one.say("first", { after: 0 });
  expect(await one.say("second", { id: "x", after: 2 })).toMatchObject({
    type: "error",
    id: "x",
    code: "out_of_range",
    field: "after",
  });
  const posted = await rest(a, b, "POST", "/messages", { id: "y", text: "second", after: 2 });
  expect(posted.status).toBe(400);
  expect(await problemOf(posted)).toMatchObject({ code: "out_of_range", field: "after" });
  expect(await one.say("third", { after: 1 })).toMatchObject({ type: "ack", seq: 2 });
  expect(await texts(a, b)).toEqual(["first", "third"]);
});

test("[SE11] a posted message answers 201 with itself, and is told to the sockets", async () => {
  const { a, b } = freshUsers();
  const peer = await connect(b, a);
  const posted = await rest(a, b, "POST", "/messages", { id: "x", text: "by REST", after: 0 });
  expect(posted.status).toBe(201);
  const answer = sendAnswerSchema.parse(await posted.json());
  expect(answer).toMatchObject({ id: "x", seq: 1, rev: 1, message: { seq: 1, rev: 1, id: "x", author: a } });
  expect(answer.createdAt).toBe(answer.message.createdAt);
  expect((await peer.first("message")).message).toEqual(answer.message);
});

test("[RP1][SO3] a device that connects amid a burst sees each message once, without a gap", async () => {
  const { a, b } = freshUsers();
  const one = await connect(a, b);
  const sent = sendMany(one, 100, "x");
  await one.first("ack");
  const late = await openWith(await tokenFor(b), a, "?after=0");
  await Promise.all([sent, late.first("message", ({ message }) => message.seq === 100)]);
  expect(late.all("message").map(({ message }) => message.rev)).toEqual(upTo(100));
  expect(late.all("ready")).toHaveLength(1);
});

function expectShownBeforeAck(device: Client, author: string): void {
  for (const ack of device.all("ack")) {
    const shown = device.frames.findIndex(
      (frame) => frame.type === "message" && frame.message.id === ack.id && frame.message.author === author,
    );
    expect(shown).toBeGreaterThanOrEqual(0);
    expect(shown).toBeLessThan(device.frames.indexOf(ack));
  }
}

async function sendMany(client: Client, count: number, text: string): Promise<void> {
  for (let nth = 1; nth <= count; nth += 1) {
    client.send({ type: "send", id: `id ${nth}`, text, after: 0 });
  }
  await client.until(() => client.all("ack").length === count, `${count} acks`);
}

async function texts(a: string, b: string): Promise<string[]> {
  return (await recordRows(conversationOf(env, a, b))).map((row) => row.text);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
