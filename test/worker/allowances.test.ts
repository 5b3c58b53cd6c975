import { expect, test } from "vitest";
import { connect, controlledClock, deployWith, env, freshUsers, problemOf, rest } from "./clients.ts";
import { conversationOf, recordRows } from "./stored.ts";

test("[SE9] beyond the burst a send is rate_limited, not stored, and passes after retryAfterMs", async () => {
  const passSeconds = controlledClock();
  deployWith({ RATE_LIMIT_PER_SECOND: "0.1", RATE_LIMIT_BURST: "3" });
  const { a, b } = freshUsers();
  const [phone, laptop, peer] = [await connect(a, b), await connect(a, b), await connect(b, a)];
  expect(phone.all("ready")[0]?.limits).toMatchObject({ sendsPerSecond: 0.1, sendBurst: 3 });
  expect(await phone.say("first")).toMatchObject({ type: "ack" });
  expect(await laptop.say("second")).toMatchObject({ type: "ack" });
  expect((await rest(a, b, "POST", "/messages", { id: "r", text: "third" })).status).toBe(201);
  const refused = await phone.say("fourth", { id: "x", after: 3 });
  expect(refused).toMatchObject({ type: "error", id: "x", code: "rate_limited" });
  expect(await laptop.say("fourth too")).toMatchObject({ type: "error", code: "rate_limited" });
  const posted = await rest(a, b, "POST", "/messages", { id: "y", text: "fourth" });
  expect(posted.status).toBe(429);
  const problem = await problemOf(posted);
  expect(problem.code).toBe("rate_limited");
  expect(Number(posted.headers.get("retry-after"))).toBe(Math.ceil((problem.retryAfterMs ?? 0) / 1_000));
  // The peer's allowance is its own.
  expect(await peer.say("from the peer")).toMatchObject({ type: "ack", seq: 4 });
  expect(await texts(a, b)).toEqual(["first", "second", "third", "from the peer"]);
  passSeconds(((refused.type === "error" && refused.retryAfterMs) || 0) / 1_000);
  expect(await phone.say("fourth", { id: "x", after: 3 })).toMatchObject({ type: "ack", seq: 5 });
  expect(phone.end).toBeUndefined();
});

test("[SE9] marks, typing and tokens have four times that, apart from the sends", async () => {
  deployWith({ RATE_LIMIT_PER_SECOND: "0.01", RATE_LIMIT_BURST: "2" });
  const { a, b } = freshUsers();
  const [one, other] = [await connect(a, b), await connect(b, a)];
  await one.say("first");
  expect(one.all("ready")[0]?.limits).toMatchObject({ signalsPerSecond: 0.04, signalBurst: 8 });
  for (const seq of [0, 1, 1, 1]) {
    other.send({ type: "read", seq });
  }
  for (const on of [true, false, true, false]) {
    other.send({ type: "typing", on });
  }
  const limited = [
    { type: "typing", on: true },
    { type: "read", seq: 1 },
    { type: "delivered", seq: 1 },
    { type: "auth", token: "not-a-token" },
  ];
  limited.forEach((frame) => other.send(frame));
  await other.until(() => other.all("error").length === limited.length, "all refusals");
  expect(other.all("error").map(({ code }) => code)).toEqual(limited.map(() => "rate_limited"));
  const marked = await rest(b, a, "PUT", "/read", { seq: 1 });
  expect(marked.status).toBe(429);
  expect(await problemOf(marked)).toMatchObject({ code: "rate_limited" });
  expect(await other.say("a send all the same")).toMatchObject({ type: "ack", seq: 2 });
  await one.first("message", ({ message }) => message.seq === 2);
  expect(one.all("typing").map(({ on }) => on)).toEqual([true, false, true, false]);
});

test("[SE10] the inbox counts new conversations up to the limit, and anew after an hour", async () => {
  const passSeconds = controlledClock();
  const inbox = env.INBOXES.getByName(freshUsers().a);
  const admitted = [];
  for (let nth = 1; nth <= 4; nth += 1) {
    admitted.push((await inbox.admitNewConversation(3))?.code);
  }
  expect(admitted).toEqual([undefined, undefined, undefined, "too_many_conversations"]);
  passSeconds(3_590);
  const refused = await inbox.admitNewConversation(3);
  expect(refused?.retryAfterMs).toBeGreaterThan(0);
  expect(refused?.retryAfterMs).toBeLessThanOrEqual(10_000);
  passSeconds(11);
  expect(await inbox.admitNewConversation(3)).toBeUndefined();
});

test("[SE10] who began too many conversations begins no more for now, but goes on in the old ones and answers others", async () => {
  const passSeconds = controlledClock();
  deployWith({ NEW_CONVERSATIONS_PER_HOUR: "2" });
  const { a, b } = freshUsers();
  expect(await (await connect(a, `${b}-1`)).say("first")).toMatchObject({ type: "ack" });
  expect((await rest(a, `${b}-2`, "POST", "/messages", { id: "x", text: "second" })).status).toBe(201);
  const third = await connect(a, `${b}-3`);
  const refused = await third.say("third", { id: "x" });
  expect(refused).toMatchObject({ type: "error", id: "x", code: "too_many_conversations" });
  const posted = await rest(a, `${b}-4`, "POST", "/messages", { id: "x", text: "fourth" });
  expect(posted.status).toBe(429);
  expect(Number(posted.headers.get("retry-after"))).toBeGreaterThan(3_000);
  expect(await problemOf(posted)).toMatchObject({ code: "too_many_conversations" });
  expect([await texts(a, `${b}-3`), await texts(a, `${b}-4`)]).toEqual([[], []]);
  expect((await rest(a, `${b}-1`, "POST", "/messages", { id: "y", text: "more" })).status).toBe(201);
  // The other user begins it, at its own cost; then it is nobody's new conversation.
  expect(await (await connect(`${b}-3`, a)).say("I begin")).toMatchObject({ type: "ack", seq: 1 });
  expect(await third.say("third", { id: "x" })).toMatchObject({ type: "ack", seq: 2 });
  passSeconds(3_601);
  expect((await rest(a, `${b}-4`, "POST", "/messages", { id: "x", text: "fourth" })).status).toBe(201);
});

test("[SE10] looking at conversations, marking and typing in them begins none", async () => {
  deployWith({ NEW_CONVERSATIONS_PER_HOUR: "1" });
  const { a, b } = freshUsers();
  for (let nth = 1; nth <= 3; nth += 1) {
    const one = await connect(a, `${b}-${nth}`);
    one.send({ type: "typing", on: true });
    one.send({ type: "read", seq: 0 });
    expect(await one.say("")).toMatchObject({ type: "error", code: "bad_text" });
    expect((await rest(a, `${b}-${nth}`, "GET", "/messages")).status).toBe(200);
  }
  expect(await (await connect(a, b)).say("the first")).toMatchObject({ type: "ack" });
});

test(
  "[SO8] a device that gives no sign of life is closed with 1013 once too much was sent to it, one that pings is not",
  { timeout: 30_000 },
  async () => {
    deployWith({ RATE_LIMIT_PER_SECOND: "1" });
    const { a, b } = freshUsers();
    const [one, silent, pinging] = [await connect(a, b), await connect(b, a), await connect(b, a)];
    const text = "x".repeat(16_000);
    const limit = one.all("ready")[0]?.limits.maxOutstandingCharacters ?? 0;
    let sent = 0;
    const say = async () => {
      await one.say(text);
      sent += 1;
      if (sent % 50 === 0) {
        pinging.sendRaw("ping");
        await pinging.until(() => pinging.pongs === sent / 50, "pong");
      }
    };
    while (sent * text.length < limit && silent.end === undefined) {
      await say();
    }
    await say();
    const { code, reason } = await silent.closed();
    expect([code, reason.split(":")[0]]).toEqual([1013, "slow_reader"]);
    await pinging.first("message", ({ message }) => message.seq === sent);
    expect([one.end, pinging.end]).toEqual([undefined, undefined]);
  },
);

async function texts(a: string, b: string): Promise<string[]> {
  return (await recordRows(conversationOf(env, a, b))).map((row) => row.text);
}
