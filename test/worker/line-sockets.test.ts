import { expect, test } from "vitest";
import { limitsSchema } from "../../src/protocol/limits.ts";
import { readSettings } from "../../src/settings.ts";
import {
  connect,
  controlledClock,
  deployWith,
  env,
  freshUsers,
  nowSeconds,
  openWith,
  rest,
  tokenFor,
  tokenWith,
  type Client,
} from "./clients.ts";
import { conversationOf, recordRows } from "./stored.ts";

const defaultLifetimeSeconds = 600;

test("[SO1][SO2] ready states the conversation and every limit", async () => {
  const { a, b } = freshUsers();
  const one = await connect(a, b);
  const empty = {
    type: "ready",
    you: a,
    peer: b,
    head: 0,
    rev: 0,
    read: { you: 0, peer: 0 },
    delivered: { you: 0, peer: 0 },
    peerOnline: false,
    limits: limitsSchema.parse(readSettings(env).limits),
  };
  expect(one.frames).toEqual([empty]);
  for (const text of ["first", "second", "third"]) {
    await one.say(text);
  }
  await rest(b, a, "PUT", "/read", { seq: 1 });
  const other = await connect(b, a, 2);
  expect(other.frames[0]).toMatchObject({ type: "message", message: { seq: 3 } });
  expect(other.frames[1]).toEqual({
    ...empty,
    you: b,
    peer: a,
    head: 3,
    rev: 3,
    read: { you: 1, peer: 0 },
    delivered: { you: 1, peer: 0 },
    peerOnline: true,
  });
  // The cursor it came with is a mark of its own, told to all behind the greeting.
  expect(await other.first("delivered")).toMatchObject({ user: b, seq: 2 });
});

test("[SO4] ping is answered pong, also on a conversation that nobody wrote in", async () => {
  const { a, b } = freshUsers();
  const one = await connect(a, b);
  one.sendRaw("ping");
  one.sendRaw("ping");
  await one.until(() => one.pongs === 2, "two pongs");
  expect(one.frames.map((frame) => frame.type)).toEqual(["ready"]);
});

test("[SO5] an expired socket receives nothing more: it is closed with 4402 when a message would reach it", async () => {
  const passSeconds = controlledClock();
  const { a, b } = freshUsers();
  const [short, long] = [await openFor(a, b, 60), await openFor(b, a, 600)];
  passSeconds(100);
  expect(await long.say("hello")).toMatchObject({ type: "ack", seq: 1 });
  const { code, reason } = await short.closed();
  expect([code, reason.split(":")[0]]).toEqual([4402, "token_expired"]);
  expect(short.all("message")).toEqual([]);
});

test("[SO5] an expired socket sends nothing more: what it sends is not stored, and its user may return", async () => {
  const passSeconds = controlledClock();
  const { a, b } = freshUsers();
  const [short, long] = [await openFor(a, b, 60), await openFor(b, a, 600)];
  passSeconds(80);
  expect(await short.say("within the leeway")).toMatchObject({ type: "ack" });
  passSeconds(15);
  short.send({ type: "send", id: "x", text: "too late" });
  expect((await short.closed()).code).toBe(4402);
  await long.first("presence", ({ online }) => !online);
  const back = await connect(a, b, 0);
  expect(back.all("message").map(({ message }) => message.text)).toEqual(["within the leeway"]);
  expect(await back.say("too late", { id: "x", after: 1 })).toMatchObject({ type: "ack", seq: 2 });
  expect(await texts(a, b)).toEqual(["within the leeway", "too late"]);
});

test("[SO5] auth with a fresh token keeps the socket, and frames behind it wait for the verdict", async () => {
  const passSeconds = controlledClock();
  const { a, b } = freshUsers();
  const [short, peer] = [await openFor(a, b, 60), await openFor(b, a, 600)];
  passSeconds(100);
  short.send({ type: "auth", token: await tokenFor(a) });
  for (const text of ["first", "second", "third"]) {
    short.send({ type: "send", id: text, text, after: 0 });
  }
  await peer.first("message", ({ message }) => message.seq === 3);
  expect(peer.all("message").map(({ message }) => message.text)).toEqual(["first", "second", "third"]);
  expect(short.end).toBeUndefined();
});

test.each([
  { name: "another user's", code: 4401, token: (_: string, peer: string) => tokenFor(peer) },
  { name: "an expired", code: 4402, token: (user: string) => tokenFor(user, -60) },
  { name: "a broken", code: 4401, token: async () => "not-a-token" },
  {
    name: "a wrongly signed",
    code: 4401,
    token: (user: string) => tokenWith({ sub: user, exp: nowSeconds() + 60 }, "another secret"),
  },
])(
  "[SO5] auth with $name token closes the socket with $code, and frames behind it count for nothing",
  async ({ token, code }) => {
    const { a, b } = freshUsers();
    const [one, other] = [await connect(a, b), await connect(b, a)];
    one.send({ type: "auth", token: await token(a, b) });
    one.send({ type: "send", id: "x", text: "behind it", after: 0 });
    expect((await one.closed()).code).toBe(code);
    expect(await other.say("still here")).toMatchObject({ type: "ack", seq: 1 });
    expect(await texts(a, b)).toEqual(["still here"]);
  },
);

test.each([
  { name: "without a code", close: [], code: 1000, reason: "" },
  { name: "with 1000", close: [1000, "done"], code: 1000, reason: "done" },
  { name: "with 1001", close: [1001, "leaving"], code: 1001, reason: "leaving" },
  { name: "with 4001", close: [4001, "mine"], code: 4001, reason: "mine" },
  { name: "with 4999", close: [4999, ""], code: 4999, reason: "" },
] as const)("[SO6] a close $name is answered", async ({ close: [closeCode, closeReason], code, reason }) => {
  const { a, b } = freshUsers();
  const [one, other] = [await connect(a, b), await connect(b, a)];
  one.close(closeCode, closeReason);
  expect(await one.closed()).toEqual({ code, reason });
  expect(await other.first("presence", ({ online }) => !online)).toMatchObject({ user: a });
});

test("[SO7] a user's 21st socket closes the one not heard of for longest with 4408, and nobody else's", async () => {
  const passSeconds = controlledClock();
  const { a, b } = freshUsers();
  const peer = await connect(b, a);
  const devices: Client[] = [];
  for (let nth = 0; nth < 20; nth += 1) {
    devices.push(await connect(a, b));
    passSeconds(1);
  }
  // The oldest speaks, so that the second is the stalest.
  expect(await devices[0]?.say("still here")).toMatchObject({ type: "ack" });
  expect(devices.map((device) => device.end)).toEqual(devices.map(() => undefined));
  devices.push(await connect(a, b));
  const { code, reason } = (await devices[1]?.closed()) ?? {};
  expect([code, reason?.split(":")[0]]).toEqual([4408, "device_limit"]);
  const rest20 = devices.filter((_, index) => index !== 1);
  await peer.say("to all");
  await Promise.all(
    rest20.map((device) => device.first("message", ({ message }) => message.text === "to all")),
  );
  expect(rest20.map((device) => device.end)).toEqual(rest20.map(() => undefined));
  expect(peer.all("presence").map(({ online }) => online)).toEqual([true]);
});

test("[SO8] a device that gives no sign of life is closed with 1013 once too much was sent to it, one that pings is not", async () => {
  deployWith({ RATE_LIMIT_PER_SECOND: "1", MAX_TEXT_BYTES: "32768" });
  const { a, b } = freshUsers();
  const [one, silent, pinging] = [await connect(a, b), await connect(b, a), await connect(b, a)];
  const text = "x".repeat(32_000);
  const limit = one.all("ready")[0]?.limits.maxOutstandingCharacters ?? 0;
  const fitting = Math.floor(limit / (text.length + 400));
  for (let nth = 0; nth < fitting; nth += 1) {
    await one.say(text);
  }
  pinging.sendRaw("ping");
  await pinging.until(() => pinging.pongs === 1, "pong");
  expect(silent.end).toBeUndefined();
  for (let nth = 0; nth < 8; nth += 1) {
    await one.say(text);
  }
  const { code, reason } = await silent.closed();
  expect([code, reason.split(":")[0]]).toEqual([1013, "slow_reader"]);
  await pinging.first("message", ({ message }) => message.seq === fitting + 8);
  expect([one.end, pinging.end]).toEqual([undefined, undefined]);
});

async function openFor(user: string, peer: string, seconds = defaultLifetimeSeconds): Promise<Client> {
  const client = await openWith(await tokenFor(user, seconds), peer);
  await client.first("ready");
  return client;
}

async function texts(a: string, b: string): Promise<string[]> {
  return (await recordRows(conversationOf(env, a, b))).map((row) => row.text);
}
