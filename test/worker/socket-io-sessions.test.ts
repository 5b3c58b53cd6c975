import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { connect, controlledClock, env, freshUsers, rest, tokenFor } from "./clients.ts";
import { connectInbox, inboxOf } from "./inbox-client.ts";
import { logged } from "./logged.ts";
import { interceptCalls } from "./object-calls.ts";
import { connectSocketIo, openSession, sessionOf, type SocketIoClient } from "./socket-io-client.ts";
import { conversationOf } from "./stored.ts";
import { sessionsOf, storedIn } from "./stored-sessions.ts";

const heard = (client: SocketIoClient) => client.events("private_dm").map(({ content }) => content);

test("[EN5][SI7] sessions, inboxes and the conversation sleep between two messages, and nothing is lost, doubled or reordered", async () => {
  const { a, b } = freshUsers();
  const [one, other] = await Promise.all([connectSocketIo(a), connectSocketIo(b)]);
  const stubs = [sessionOf(await one.sid()), sessionOf(await other.sid()), inboxOf(a), inboxOf(b)];
  const texts = Array.from({ length: 12 }, (_, index) => `message ${index}`);
  for (const [index, content] of texts.entries()) {
    const sender = index % 2 === 0 ? one : other;
    expect(await sender.call("private_dm", { content, receiver_id: sender === one ? b : a })).toEqual([]);
    const asleep = stubs[index % 5];
    await Promise.all((asleep === undefined ? stubs : [asleep]).map((stub) => evictDurableObject(stub)));
  }
  expect(await one.call("send", { peer: b, text: "last" })).toMatchObject([{ ok: true, seq: 13 }]);
  await other.event("private_dm", ({ seq }) => seq === 13);
  expect(heard(other)).toEqual([...texts.filter((_, index) => index % 2 === 0), "last"]);
  expect(heard(one)).toEqual(texts.filter((_, index) => index % 2 === 1));
  for (const client of [one, other]) {
    expect(client.events("message").map(({ message }) => (message as { seq: number }).seq)).toEqual(
      Array.from({ length: 13 }, (_, index) => index + 1),
    );
  }
});

test("[EN5] a session that answers its pings lives on, one that does not is closed and leaves the inbox", async () => {
  const letPass = controlledClock();
  const { a } = freshUsers();
  const client = await connectSocketIo(a);
  const stub = sessionOf(await client.sid());
  for (let ping = 1; ping <= 3; ping += 1) {
    letPass(25);
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    await client.until(() => client.pings === ping, "a ping");
    await client.call("history", { peer: `${a}-nobody` });
  }
  client.answersPings = false;
  letPass(25);
  await runDurableObjectAlarm(stub);
  await client.until(() => client.pings === 4, "a ping");
  letPass(59);
  await runDurableObjectAlarm(stub);
  expect(client.end).toBeUndefined();
  expect(client.pings).toBe(4);
  letPass(2);
  await runDurableObjectAlarm(stub);
  await client.closed();
  await expect.poll(() => sessionsOf(a)).toEqual([]);
  expect(await storedIn(stub)).toEqual({ rows: [], alarm: null });
});

test("[EN5][CO10] each wake-up of an idle session is a ping: the next is due an interval later, and the pong sets none", async () => {
  const letPass = controlledClock();
  const client = await connectSocketIo(freshUsers().a);
  const stub = sessionOf(await client.sid());
  for (let ping = 1; ping <= 4; ping += 1) {
    const { alarm } = await storedIn(stub);
    letPass(25);
    expect(alarm).toBeLessThanOrEqual(Date.now());
    expect(alarm).toBeGreaterThan(Date.now() - 5_000);
    await runDurableObjectAlarm(stub);
    await client.until(() => client.pings === ping, "a ping");
    // An answered event: the pong before it was taken.
    await client.call("nonsense", {});
    expect((await storedIn(stub)).alarm).toBeGreaterThan(Date.now() + 20_000);
  }
});

test("[EN11] an object that was ended under its session is found by its alarm, and leaves the inbox", async () => {
  const { a, b } = freshUsers();
  const client = await connectSocketIo(a);
  const stub = sessionOf(await client.sid());
  expect(await sessionsOf(a)).toHaveLength(1);
  await evictDurableObject(stub, { webSockets: "close" });
  await client.closed();
  await runDurableObjectAlarm(stub);
  await expect.poll(() => sessionsOf(a)).toEqual([]);
  expect(await storedIn(stub)).toEqual({ rows: [], alarm: null });
  const response = await rest(b, a, "POST", "/messages", { id: "1", text: "nobody there" });
  expect(response.status).toBe(201);
});

test("[EN11][OP3] where the inbox fails then, the alarm rings again until it was told", async () => {
  const { a } = freshUsers();
  const client = await connectSocketIo(a);
  const stub = sessionOf(await client.sid());
  await evictDurableObject(stub, { webSockets: "close" });
  await client.closed();
  const mend = await interceptCalls(inboxOf(a), "detach", () => {
    throw new Error("a fault of the test's own");
  });
  const { all } = logged();
  await runDurableObjectAlarm(stub);
  const objectId = stub.id.toString().slice(0, 16);
  expect(all("alarm_failed")).toEqual([
    { event: "alarm_failed", object: "session", objectId, error: "Error" },
  ]);
  expect(all("session_lost")).toEqual([]);
  const { alarm } = await storedIn(stub);
  expect(alarm).toBeGreaterThan(Date.now() + 20_000);
  mend();
  await runDurableObjectAlarm(stub);
  expect(all("session_lost")).toEqual([{ event: "session_lost", object: "session", objectId }]);
  expect(await sessionsOf(a)).toEqual([]);
  expect(await storedIn(stub)).toEqual({ rows: [], alarm: null });
});

test("[SI2][SI4] who leaves and comes again at once is there, however slow the leaving is", async () => {
  const { a, b } = freshUsers();
  const client = await connectSocketIo(a);
  const detached = Promise.withResolvers<void>();
  await interceptCalls(inboxOf(a), "detach", async (call) => {
    await scheduler.wait(300);
    await call();
    detached.resolve();
  });
  client.send("41");
  client.send(`40${JSON.stringify({ token: await tokenFor(a) })}`);
  await client.until(() => client.events("ready").length === 2, "the second ready");
  await detached.promise;
  expect(await sessionsOf(a)).toHaveLength(1);
  await rest(b, a, "POST", "/messages", { id: "1", text: "hi" });
  expect(await client.event("private_dm")).toMatchObject({ content: "hi" });
});

test("[SI1][SI7] what the inbox tells while a client is being let in comes behind its CONNECT", async () => {
  const { a, b } = freshUsers();
  await interceptCalls(inboxOf(a), "attach", async (call) => {
    await call();
    await rest(b, a, "POST", "/messages", { id: "1", text: "early" });
    await scheduler.wait(200);
  });
  const client = await openSession();
  client.send(`40${JSON.stringify({ token: await tokenFor(a) })}`);
  expect(await client.event("private_dm")).toMatchObject({ content: "early" });
  expect(client.packets[1]?.slice(0, 9)).toBe('40{"sid":');
  expect(client.events("ready")).toHaveLength(1);
});

test("[RA3] a message that an inbox tells again, having forgotten that it did, is told to the client once", async () => {
  const { a, b } = freshUsers();
  const client = await connectSocketIo(a);
  const stub = sessionOf(await client.sid());
  const frame = (seq: number) => {
    const message = { seq, rev: seq, id: `m${seq}`, author: b, text: `text ${seq}`, createdAt: 0 };
    return JSON.stringify({ type: "message", peer: b, message, isNew: true });
  };
  await stub.push(a, [frame(1), frame(2)], undefined);
  await evictDurableObject(stub);
  await stub.push(a, [frame(1), frame(2), frame(3)], undefined);
  await client.event("private_dm", ({ seq }) => seq === 3);
  expect(client.events("private_dm").map(({ seq }) => seq)).toEqual([1, 2, 3]);
});

test("[IN8] an inbox answers its conversation when its sessions were told", async () => {
  const { a, b } = freshUsers();
  const client = await connectSocketIo(a);
  const order: string[] = [];
  await interceptCalls(inboxOf(a), "notify", async (call) => {
    const answer = await call();
    order.push("answered");
    return answer;
  });
  await interceptCalls(sessionOf(await client.sid()), "push", async (call) => {
    await scheduler.wait(200);
    order.push("pushed");
    return call();
  });
  await rest(b, a, "POST", "/messages", { id: "1", text: "hi" });
  await expect.poll(() => order.slice(0, 2)).toEqual(["pushed", "answered"]);
});

test("[EN11] a session whose connect breaks on the way is nobody's, and is closed", async () => {
  const { a } = freshUsers();
  const restore = await interceptCalls(inboxOf(a), "attach", async (call) => {
    await call();
    throw new Error("a fault of the test's own");
  });
  const client = await openSession();
  client.send(`40${JSON.stringify({ token: await tokenFor(a) })}`);
  await client.closed();
  restore();
  await expect.poll(() => sessionsOf(a)).toEqual([]);
});

test("[SI10][EN11] a session that the inbox lost is closed when its client says something, so that it begins anew", async () => {
  const { a, b } = freshUsers();
  const client = await connectSocketIo(a);
  const sid = await client.sid();
  await inboxOf(a).detach(sid, []);
  client.send(`420["send",{"peer":"${b}","text":"hi"}]`);
  await client.closed();
  expect(await sessionsOf(a)).toEqual([]);
});

test("[MK5][SI5] what a client said it had is still known when it is gone, also after its inbox slept", async () => {
  const { a, b } = freshUsers();
  const receiver = await connectSocketIo(b);
  const sender = await connectSocketIo(a);
  await sender.call("send", { peer: b, text: "hi" });
  await receiver.call("delivered", { peer: a, seq: 1 });
  await evictDurableObject(inboxOf(b));
  await evictDurableObject(sessionOf(await receiver.sid()));
  receiver.close();
  await expect.poll(() => sessionsOf(b)).toEqual([]);
  await evictDurableObject(conversationOf(env, a, b));
  await expect
    .poll(async () => {
      const socket = await connect(a, b);
      return (await socket.first("ready")).delivered.peer;
    })
    .toBe(1);
});

test("[PR1][IN9] a session counts as its user's presence while it is there", async () => {
  const { a, b } = freshUsers();
  const watcher = await connectInbox(a);
  await watcher.say(b, "hi");
  const client = await connectSocketIo(b);
  await client.call("send", { peer: a, text: "hello" });
  watcher.send({ type: "subscribe", peers: [b] });
  await watcher.first("presence", ({ peer, online }) => peer === b && online);
  client.close();
  await watcher.first("presence", ({ peer, online }) => peer === b && !online);
  expect(await sessionsOf(b)).toEqual([]);
});
