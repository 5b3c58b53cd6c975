import { listDurableObjectIds, runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { controlledClock, deployWith, env, freshUsers, origin, tokenFor, worker } from "./clients.ts";
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
  for (const forged of ["", "x", "0".repeat(64), flipped, foreign, `${sid}0`, sid.toUpperCase()]) {
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
    await inboxOf(b).handleFrames(await client.sid(), [{ type: "send", id: "1", peer: a, text: "forged" }]),
  ).toBeUndefined();
  expect(await stub.push(a, [frame], undefined)).toBe(true);
  await client.event("typing");
  expect(client.events("typing")).toHaveLength(1);
});

const handshake = (headers: Record<string, string>, path = "/socket.io/") =>
  worker.fetch(`${origin}${path}?EIO=4&transport=polling`, { headers });

test("[EN2][EN3][AD8] a page of a foreign origin gets no session, one of an allowed origin can read all", async () => {
  deployWith({ ALLOWED_ORIGINS: "https://app.example" });
  const before = (await listDurableObjectIds(env.SOCKETIO_SESSIONS)).length;
  const foreign = { origin: "https://elsewhere.example" };
  for (const headers of [foreign, { ...foreign, upgrade: "websocket" }]) {
    const refused = await handshake(headers);
    expect([refused.status, await refused.json()]).toEqual([403, { code: 4, message: "Forbidden" }]);
    expect(refused.headers.get("access-control-allow-origin")).toBeNull();
  }
  expect((await listDurableObjectIds(env.SOCKETIO_SESSIONS)).length).toBe(before);
  for (const allowed of ["https://app.example", origin]) {
    const answer = await handshake({ origin: allowed });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, allowed]);
    expect(answer.headers.get("access-control-allow-credentials")).toBe("true");
  }
});

test("[EN3] who asks too often is refused before there is an object, and the page can read that", async () => {
  deployWith({ ADDRESS_LIMIT: { limit: async () => ({ success: false }) } });
  const before = (await listDurableObjectIds(env.SOCKETIO_SESSIONS)).length;
  const refused = await handshake({ origin, "cf-connecting-ip": "203.0.113.7" });
  expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([429, origin]);
  expect((await listDurableObjectIds(env.SOCKETIO_SESSIONS)).length).toBe(before);
});

test("[CO11] an address that asks sessions too often, with a user or without, reaches none of them", async () => {
  const asked: string[] = [];
  const over = "203.0.113.7";
  deployWith({
    SESSION_LIMIT: {
      limit: async ({ key }) => {
        asked.push(key);
        return { success: key !== over };
      },
    },
  });
  const begun = await handshake({ "cf-connecting-ip": over });
  const { sid } = JSON.parse((await begun.text()).slice(1)) as { sid: string };
  expect(asked).toEqual([]);
  const ask = async (address: string, headers: Record<string, string> = {}, body?: string) =>
    worker.fetch(`${origin}/socket.io/?EIO=4&transport=polling&sid=${sid}`, {
      headers: { ...headers, origin, "cf-connecting-ip": address },
      ...(body !== undefined && { method: "POST", body }),
    });
  const end = [{ "content-type": "text/plain" }, "1"] as const;
  const upgrade = { upgrade: "websocket" };
  for (const refused of [await ask(over), await ask(over, ...end), await ask(over, upgrade)]) {
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "10"]);
  }
  // So the packet that ends a session did not come to it; from elsewhere it does, and its id is counted all the same.
  const other = "203.0.113.8";
  expect((await ask(other, ...end)).status).toBe(200);
  expect((await ask(other)).status).toBe(400);
  expect((await ask(over)).status).toBe(429);
  expect(asked).toEqual([over, over, over, other, other, over]);
});

const statuses = async (...paths: string[]) =>
  Promise.all(paths.map(async (path) => (await handshake({}, path)).status));

test("[EN1] the paths are those of the configuration; without one there is no Socket.IO", async () => {
  expect(await statuses("/socket.io/", "/socket.io", "/ws/sockets.io", "/ws/sockets.io/", "/ws/")).toEqual([
    200, 200, 200, 200, 404,
  ]);
  deployWith({ SOCKETIO_PATHS: "/chat/" });
  expect(await statuses("/socket.io/", "/chat", "/chat/")).toEqual([404, 200, 200]);
  deployWith({ SOCKETIO_PATHS: "" });
  expect(await statuses("/socket.io/", "/chat/")).toEqual([404, 404]);
});
