import {
  evictDurableObject,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { expect, test } from "vitest";
import { connect, controlledClock, env, freshUsers, origin, rest, tokenFor, worker } from "./clients.ts";
import { connectInbox, inboxOf } from "./inbox-client.ts";
import { interceptCalls } from "./object-calls.ts";
import {
  connectSocketIo,
  connectWith,
  openSession,
  sessionOf,
  type SocketIoClient,
} from "./socket-io-client.ts";

const storedIn = (stub: DurableObjectStub) =>
  runInDurableObject(stub, async (_, { storage }) => ({
    rows: [...(await storage.list()).keys()],
    alarm: await storage.getAlarm(),
  }));

const heard = (client: SocketIoClient) => client.events("private_dm").map(({ content }) => content);

const sessionsOf = async (user: string) =>
  (await storedIn(inboxOf(user))).rows.filter((key) => key.startsWith("session:"));

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

test("[SI2][SI4] who leaves and comes again at once is there, however slow the leaving is", async () => {
  const { a, b } = freshUsers();
  const client = await connectSocketIo(a);
  await interceptCalls(inboxOf(a), "detach", async (call) => {
    await scheduler.wait(300);
    return call();
  });
  client.send("41");
  client.send(`40${JSON.stringify({ token: await tokenFor(a) })}`);
  await client.until(() => client.events("ready").length === 2, "the second ready");
  expect(await sessionsOf(a)).toHaveLength(1);
  await rest(b, a, "POST", "/messages", { id: "1", text: "hi" });
  expect(await client.event("private_dm")).toMatchObject({ content: "hi" });
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

test("[SI1][SI2] nothing of a session is stored before somebody is let in, and it is gone after the time for that", async () => {
  const letPass = controlledClock();
  const before = (await listDurableObjectIds(env.INBOXES)).length;
  const clients = await Promise.all(Array.from({ length: 30 }, async () => openSession()));
  const stubs = await Promise.all(clients.map(async (client) => sessionOf(await client.sid())));
  const [refused] = clients;
  refused?.send('40{"token":"nonsense"}');
  expect(await refused?.packet("44")).toMatch(
    /^44\{"message":".+","data":\{"code":"unauthorized","message":".+"\}\}$/,
  );
  for (const stub of stubs) {
    const { rows, alarm } = await storedIn(stub);
    expect(rows).toEqual([]);
    expect(alarm).toBeGreaterThan(Date.now() + 5_000);
  }
  letPass(10);
  await Promise.all(stubs.map((stub) => runDurableObjectAlarm(stub)));
  await Promise.all(clients.map((client) => client.closed()));
  for (const stub of stubs) {
    expect(await storedIn(stub)).toEqual({ rows: [], alarm: null });
  }
  expect((await listDurableObjectIds(env.INBOXES)).length).toBe(before);
});

test("[SI1] a token counts under each configured name, with and without Bearer; what is none lets nobody in", async () => {
  const token = await tokenFor(freshUsers().a);
  for (const auth of [
    { token },
    { Authorization: token },
    { Authorization: `Bearer ${token}` },
    { token: `bearer ${token}` },
  ]) {
    const client = await connectWith(auth);
    expect(client.packets[1]).toMatch(/^40\{"sid":"[\w-]+"\}$/);
    expect(client.packets[1]).not.toContain(await client.sid());
    client.close();
  }
  for (const auth of [{}, { token: 5 }, { other: token }, { token: "" }]) {
    const client = await connectWith(auth);
    expect(client.packets[1]).toMatch(/^44\{"message":"[^"]+","data":\{"code":"unauthorized"/);
    client.close();
  }
});

test("[EN1] a forged, altered or foreign sid reaches no object", async () => {
  const client = await openSession();
  const sid = await client.sid();
  const flipped = sid.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  const foreign = env.INBOXES.newUniqueId().toString();
  const before = (await listDurableObjectIds(env.SOCKETIO_SESSIONS)).length;
  for (const forged of ["", "x", "0".repeat(64), flipped, foreign, `${sid}0`]) {
    const query = `?EIO=4&transport=polling&sid=${forged}`;
    for (const method of ["GET", "POST"]) {
      const response = await worker.fetch(`${origin}/socket.io/${query}`, { method });
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ code: 1, message: "Session ID unknown" });
    }
  }
  expect((await listDurableObjectIds(env.SOCKETIO_SESSIONS)).length).toBe(before);
});

test("[SI1] a session takes frames for nobody but its own user", async () => {
  const { a, b } = freshUsers();
  const client = await connectSocketIo(a);
  const stub = sessionOf(await client.sid());
  const frame = JSON.stringify({ type: "typing", peer: b, user: b, on: true });
  expect(await stub.push(b, [frame], undefined)).toBe(false);
  const nobodys = await openSession();
  expect(await sessionOf(await nobodys.sid()).push(b, [frame], undefined)).toBe(false);
  expect(
    await inboxOf(b).take(await client.sid(), [{ type: "send", id: "1", peer: a, text: "forged" }]),
  ).toBeUndefined();
  expect(await stub.push(a, [frame], undefined)).toBe(true);
  await client.event("typing");
  expect(client.events("typing")).toHaveLength(1);
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
