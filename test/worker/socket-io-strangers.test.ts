import { listDurableObjectIds, runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { controlledClock, env, freshUsers, origin, tokenFor, worker } from "./clients.ts";
import { inboxOf } from "./inbox-client.ts";
import { connectSocketIo, connectWith, openSession, sessionOf } from "./socket-io-client.ts";
import { storedIn } from "./stored-sessions.ts";

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
