import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Message } from "../../src/protocol/message.ts";
import { sendAnswerSchema, type SendAnswer } from "../../src/protocol/rest.ts";
import { movableClock, stubOf, upTo } from "./by-hand.ts";
import { connect, freshUsers, rest, type Client } from "./clients.ts";
import { connectFour } from "./four-devices.ts";
import { recordRows } from "./stored.ts";

test("[SE2][SE3] the sender gets the message before its ack, and both name the same numbers", async () => {
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  const ack = await alice.say("hello", { id: "first" });
  const { message } = await alice.first("message");
  expect(alice.frames.map((frame) => frame.type)).toEqual(["ready", "message", "ack"]);
  expect(message).toEqual({
    seq: 1,
    rev: 1,
    id: "first",
    author: a,
    text: "hello",
    createdAt: message.createdAt,
  });
  expect(ack).toEqual({ type: "ack", id: "first", seq: 1, rev: 1, createdAt: message.createdAt });
  expect(await recordRows(stubOf({ a, b }))).toMatchObject([
    { seq: 1, rev: 1, author: "a", id: "first", text: "hello", created_at_ms: message.createdAt },
  ]);
});

test("[SE3][SE4] two devices of each user see the same messages in the same order, and each sender its acks only", async () => {
  const users = freshUsers();
  const devices = await connectFour(users);
  const perDevice = 15;
  await Promise.all(devices.flatMap((device) => upTo(perDevice).map((nth) => device.say(`text ${nth}`))));
  const [first, ...others] = await Promise.all(devices.map((device) => logOf(device, 4 * perDevice)));
  expect(first?.map((message) => message.seq)).toEqual(upTo(4 * perDevice));
  expect(first?.map((message) => message.rev)).toEqual(upTo(4 * perDevice));
  for (const other of others) {
    expect(other).toEqual(first);
  }
  for (const device of devices) {
    const placeOf = (type: "ack" | "message", seq: number) =>
      device.frames.findIndex((frame) =>
        frame.type === "message"
          ? type === "message" && frame.message.seq === seq
          : frame.type === type && "seq" in frame && frame.seq === seq,
      );
    const acked = device.all("ack").map((ack) => ack.seq);
    expect(acked).toHaveLength(perDevice);
    expect(acked.filter((seq) => placeOf("message", seq) > placeOf("ack", seq))).toEqual([]);
  }
});

test("[SE4] what one device sends without waiting keeps its order", async () => {
  const { a, b } = freshUsers();
  const [alice, bob] = [await connect(a, b), await connect(b, a)];
  for (const nth of upTo(60)) {
    alice.send({ type: "send", id: `m${nth}`, text: `text ${nth}` });
  }
  expect((await logOf(bob, 60)).map((message) => message.id)).toEqual(upTo(60).map((nth) => `m${nth}`));
  await alice.first("ack", ({ id }) => id === "m60");
  expect(alice.all("ack").map((ack) => ack.seq)).toEqual(upTo(60));
});

test("[SE4][SE11] sends over REST and over sockets share one order", async () => {
  const users = freshUsers();
  const { a, b } = users;
  const devices = await connectFour(users);
  const [alice, , bob] = devices;
  const answers = await Promise.all(
    upTo(10).flatMap((nth) => [
      postOk(a, b, { id: `rest a ${nth}`, text: "over REST" }),
      alice.say("over a socket"),
      postOk(b, a, { id: `rest b ${nth}`, text: "over REST" }),
      bob.say("over a socket"),
    ]),
  );
  const logs = await Promise.all(devices.map((device) => logOf(device, 40)));
  expect(logs[0]?.map((message) => message.seq)).toEqual(upTo(40));
  for (const log of logs) {
    expect(log).toEqual(logs[0]);
  }
  const answered = answers.map((answer) => ("seq" in answer ? answer.seq : 0));
  expect(answered.toSorted((one, other) => one - other)).toEqual(upTo(40));
});

test("[SE11] a POST answers 201 with the receipt and the message that everybody sees", async () => {
  const { a, b } = freshUsers();
  const bob = await connect(b, a);
  const response = await rest(a, b, "POST", "/messages", { id: "m1", text: "hello", after: 0 });
  expect(response.status).toBe(201);
  const { message } = await bob.first("message");
  expect(await response.json()).toEqual({ id: "m1", seq: 1, rev: 1, createdAt: message.createdAt, message });
  expect(message).toMatchObject({ author: a, text: "hello" });
});

test("[SE4] createdAt never falls, although the clock does", async () => {
  const clock = movableClock();
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  await alice.say("one");
  clock.advance(-60_000);
  await alice.say("two");
  await evictDurableObject(stubOf({ a, b }));
  await alice.say("three");
  clock.advance(120_000);
  await alice.say("four");
  const times = alice.all("message").map(({ message }) => message.createdAt);
  expect(times[1]).toBe(times[0]);
  expect(times[2]).toBe(times[0]);
  expect(times[3]).toBeGreaterThan(times[2] ?? Number.POSITIVE_INFINITY);
});

/** The messages in the order they came, once there are so many. */
async function logOf(client: Client, count: number): Promise<Message[]> {
  await client.until(() => client.all("message").length >= count, `${count} messages`);
  return client.all("message").map(({ message }) => message);
}

async function postOk(user: string, peer: string, body: object): Promise<SendAnswer> {
  const response = await rest(user, peer, "POST", "/messages", body);
  expect([200, 201]).toContain(response.status);
  return sendAnswerSchema.parse(await response.json());
}
