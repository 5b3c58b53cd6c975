import { expect, test } from "vitest";
import { readAnswerSchema, summarySchema } from "../../src/protocol/rest.ts";
import {
  connect,
  controlledClock,
  env,
  freshUsers,
  openWith,
  problemOf,
  rest,
  tokenFor,
  type Client,
} from "./clients.ts";
import { conversationOf, recordRows } from "./stored.ts";

test("[MK1][MK2] a read cursor moves forward only and is told to every device of both users", async () => {
  const { a, b } = freshUsers();
  const devices = await twoEach(a, b);
  const [one, , other] = devices;
  await say(one, 5);
  other.send({ type: "read", seq: 3 });
  await Promise.all(
    devices.map((device) => device.first("read", (frame) => frame.user === b && frame.seq === 3)),
  );
  for (const seq of [0, 1, 3]) {
    other.send({ type: "read", seq });
  }
  other.send({ type: "read", seq: 4 });
  await Promise.all(devices.map((device) => device.first("read", ({ seq }) => seq === 4)));
  expect(devices.map((device) => device.all("read").map(({ seq }) => seq))).toEqual(
    devices.map(() => [3, 4]),
  );
  expect(await summaryOf(b, a)).toMatchObject({ read: { you: 4, peer: 0 }, unread: 1 });
  expect(await summaryOf(a, b)).toMatchObject({ read: { you: 0, peer: 4 }, unread: 0 });
});

test("[MK1] read and delivered beyond the head are errors that name the field, and move nothing", async () => {
  const { a, b } = freshUsers();
  const [one, other] = [await connect(a, b), await connect(b, a)];
  await say(one, 2);
  for (const frame of [
    { type: "read", seq: 3 },
    { type: "delivered", seq: 3 },
    { type: "read", seq: Number.MAX_SAFE_INTEGER },
  ]) {
    const from = other.frames.length;
    other.send(frame);
    expect(await other.answer(from)).toMatchObject({ type: "error", code: "out_of_range", field: "seq" });
  }
  const refused = await rest(b, a, "PUT", "/read", { seq: 3 });
  expect(refused.status).toBe(400);
  expect(await problemOf(refused)).toMatchObject({ code: "out_of_range", field: "seq" });
  const { frames } = await connect(b, a);
  expect(frames).toMatchObject([{ read: { you: 0, peer: 0 }, delivered: { you: 0, peer: 0 } }]);
  expect([...one.all("read"), ...one.all("delivered")]).toEqual([]);
});

test("[MK8][MK5] read by REST answers the cursor, never a lower one, and counts unread exactly", async () => {
  const { a, b } = freshUsers();
  const [one, other] = [await connect(a, b), await connect(b, a)];
  expect(await summaryOf(b, a)).toEqual({
    you: b,
    peer: a,
    head: 0,
    rev: 0,
    read: { you: 0, peer: 0 },
    unread: 0,
  });
  // By a, b, b, a, a, b: what b wrote is never unread to b.
  for (const author of [one, other, other, one, one, other]) {
    expect(await author.say("text")).toMatchObject({ type: "ack" });
  }
  const unread = [];
  for (let seq = 0; seq <= 6; seq += 1) {
    const answer = await rest(b, a, "PUT", "/read", { seq });
    expect(answer.status).toBe(200);
    expect(readAnswerSchema.parse(await answer.json())).toEqual({ seq });
    unread.push((await summaryOf(b, a)).unread);
  }
  expect(unread).toEqual([3, 2, 2, 2, 1, 0, 0]);
  const lower = await rest(b, a, "PUT", "/read", { seq: 2 });
  expect(readAnswerSchema.parse(await lower.json())).toEqual({ seq: 6 });
  expect(await summaryOf(a, b)).toEqual({
    you: a,
    peer: b,
    head: 6,
    rev: 6,
    read: { you: 0, peer: 6 },
    unread: 3,
  });
  await one.first("read", ({ seq }) => seq === 6);
});

test("[MK1][MK2][MK4] a delivery mark is told to all, once, and a cursor on connecting is one by itself", async () => {
  const { a, b } = freshUsers();
  const devices = await twoEach(a, b);
  const [one, , other, tablet] = devices;
  await say(one, 4);
  other.send({ type: "delivered", seq: 2 });
  await one.first("delivered", ({ seq }) => seq === 2);
  // The second device of the user is behind: nothing new to tell.
  tablet.send({ type: "delivered", seq: 1 });
  await tablet.say("behind the mark");
  const late = await openWith(await tokenFor(b), a, "?after=3");
  await Promise.all(devices.map((device) => device.first("delivered", ({ seq }) => seq === 3)));
  expect(devices.map((device) => device.all("delivered").map(({ user, seq }) => [user, seq]))).toEqual(
    devices.map(() => [
      [b, 2],
      [b, 3],
    ]),
  );
  expect((await late.first("ready")).delivered).toEqual({ you: 2, peer: 0 });
  expect((await connect(a, b)).all("ready")[0]?.delivered).toEqual({ you: 0, peer: 3 });
});

test("[MK4] a delivery mark is kept when the socket leaves", async () => {
  const { a, b } = freshUsers();
  const [one, other] = [await connect(a, b), await connect(b, a)];
  await say(one, 3);
  other.send({ type: "delivered", seq: 2 });
  await one.first("delivered");
  other.close(1000, "");
  await one.first("presence", ({ online }) => !online);
  expect((await connect(b, a)).all("ready")[0]?.delivered).toEqual({ you: 2, peer: 0 });
});

test("[MK3] delivered is never below read", async () => {
  const { a, b } = freshUsers();
  const [one, other] = [await connect(a, b), await connect(b, a)];
  await say(one, 3);
  other.send({ type: "read", seq: 3 });
  await one.first("read");
  expect((await connect(a, b)).all("ready")[0]).toMatchObject({ read: { peer: 3 }, delivered: { peer: 3 } });
});

test("[MK6] typing goes to the peer's devices only, and leaves nothing behind", async () => {
  const { a, b } = freshUsers();
  const devices = await twoEach(a, b);
  const [one, laptop, other, tablet] = devices;
  one.send({ type: "typing", on: true });
  one.send({ type: "typing", on: false });
  await one.say("done");
  await Promise.all(devices.map((device) => device.first("message")));
  for (const device of [other, tablet]) {
    expect(device.all("typing")).toEqual([
      { type: "typing", user: a, on: true },
      { type: "typing", user: a, on: false },
    ]);
  }
  expect([...one.all("typing"), ...laptop.all("typing")]).toEqual([]);
  expect((await connect(b, a, 0)).all("typing")).toEqual([]);
  expect(await recordRows(conversationOf(env, a, b))).toHaveLength(1);
});

test("[MK7] presence is told when the first socket comes and when the last goes, to the peer only", async () => {
  const { a, b } = freshUsers();
  const one = await connect(a, b);
  const [phone, laptop] = [await connect(b, a), await connect(b, a)];
  phone.close(1000, "");
  await phone.closed();
  expect((await connect(a, b)).all("ready")[0]).toMatchObject({ peerOnline: true });
  laptop.close(1000, "");
  await one.first("presence", ({ online }) => !online);
  expect(one.all("presence")).toEqual([
    { type: "presence", user: b, online: true },
    { type: "presence", user: b, online: false },
  ]);
  expect((await connect(a, b)).all("ready")[0]).toMatchObject({ peerOnline: false });
  expect([...phone.all("presence"), ...laptop.all("presence")]).toEqual([]);
});

test("[MK7] a socket that was silent for two minutes, or whose token ended, is no presence", async () => {
  const passSeconds = controlledClock();
  const { a, b } = freshUsers();
  const silent = await openWith(await tokenFor(b, 600), a);
  await silent.first("ready");
  passSeconds(110);
  expect(await peerOnline(a, b)).toBe(true);
  passSeconds(20);
  expect(await peerOnline(a, b)).toBe(false);
  silent.send({ type: "typing", on: false });
  const one = await connect(a, b);
  await silent.say("here");
  expect(await peerOnline(a, b)).toBe(true);
  const short = await openWith(await tokenFor(`${b}-2`, 10), a);
  await short.first("ready");
  expect(await peerOnline(a, `${b}-2`)).toBe(true);
  passSeconds(60);
  expect(await peerOnline(a, `${b}-2`)).toBe(false);
  expect(one.end).toBeUndefined();
});

async function peerOnline(user: string, peer: string): Promise<boolean | undefined> {
  return (await connect(user, peer)).all("ready")[0]?.peerOnline;
}

/** Two devices of each user, connected and told of each other. */
async function twoEach(a: string, b: string): Promise<[Client, Client, Client, Client]> {
  return [await connect(a, b), await connect(a, b), await connect(b, a), await connect(b, a)];
}

async function say(client: Client, count: number): Promise<void> {
  for (let nth = 1; nth <= count; nth += 1) {
    await client.say(`text ${nth}`);
  }
}

async function summaryOf(user: string, peer: string) {
  return summarySchema.parse(await (await rest(user, peer, "GET")).json());
}
