import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Page } from "../../src/protocol/rest.ts";
import { freshUsers, origin, rest, tokenFor, worker } from "./clients.ts";
import { inboxOf } from "./inbox-client.ts";
import { interceptCalls } from "./object-calls.ts";
import { connectSocketIo, openSession, sessionOf } from "./socket-io-client.ts";
import { sessionsOf, storedIn } from "./stored-sessions.ts";

const texts = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}`);

const dm = (peer: string, content: string) =>
  `42${JSON.stringify(["private_dm", { content, receiver_id: peer }])}`;

async function storedTexts(a: string, b: string): Promise<string[]> {
  const { messages } = await (await rest(a, b, "GET", "/messages?limit=100")).json<Page>();
  return messages.map(({ text }) => text);
}

/** A polling session of a user, connected. */
async function polling(user: string) {
  const address = `${origin}/socket.io/?EIO=4&transport=polling`;
  const opened = await (await worker.fetch(address)).text();
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  const post = async (...packets: string[]) => {
    const body = packets.join("\x1e");
    return worker.fetch(`${address}&sid=${sid}`, {
      method: "POST",
      body,
      headers: { "content-type": "text/plain;charset=UTF-8" },
    });
  };
  const connectPacket = `40${JSON.stringify({ token: await tokenFor(user) })}`;
  return { sid, post, connectPacket };
}

test("[EN7][SI4] a post of events with the close right behind them is taken whole, then the session ends", async () => {
  const { a, b } = freshUsers();
  const { sid, post, connectPacket } = await polling(a);
  await post(connectPacket);
  const response = await post(...texts(3).map((text) => dm(b, text)), "1");
  expect([response.status, await response.text()]).toEqual([200, "ok"]);
  expect(await storedTexts(a, b)).toEqual(texts(3));
  expect(await sessionsOf(a)).toEqual([]);
  expect(await storedIn(sessionOf(sid))).toEqual({ rows: [], alarm: null });
});

test("[EN7][SI4] CONNECT, events and the close in one post are taken in order", async () => {
  const { a, b } = freshUsers();
  const { post, connectPacket } = await polling(a);
  const response = await post(connectPacket, ...texts(5).map((text) => dm(b, text)), "41", "1");
  expect(response.status).toBe(200);
  expect(await storedTexts(a, b)).toEqual(texts(5));
  expect(await sessionsOf(a)).toEqual([]);
});

test.each([
  ["a DISCONNECT", (client: { send: (packet: string) => void }) => client.send("41")],
  ["a close packet", (client: { send: (packet: string) => void }) => client.send("1")],
  ["the end of the WebSocket", (client: { close: () => void }) => client.close()],
  ["a packet that cannot be read", (client: { send: (packet: string) => void }) => client.send("9")],
])("[EN7][SI4] twenty events right before %s are all stored, in order", async (_name, leave) => {
  const { a, b } = freshUsers();
  const client = await connectSocketIo(a);
  for (const text of texts(20)) {
    client.send(dm(b, text));
  }
  leave(client);
  await expect.poll(() => storedTexts(a, b)).toEqual(texts(20));
  await expect.poll(() => sessionsOf(a)).toEqual([]);
});

test("[SI4] events behind a CONNECT that is still under way are stored although their client has gone", async () => {
  const { a, b } = freshUsers();
  await interceptCalls(inboxOf(a), "attach", async (call) => {
    await scheduler.wait(200);
    return call();
  });
  const client = await openSession();
  client.send(`40${JSON.stringify({ token: await tokenFor(a) })}`);
  for (const text of texts(10)) {
    client.send(dm(b, text));
  }
  client.close();
  await expect.poll(() => storedTexts(a, b)).toEqual(texts(10));
  await expect.poll(() => sessionsOf(a)).toEqual([]);
});

test("[SI4][EN11] a slow inbox gets all events of a client that has gone, and its session's rows go last", async () => {
  const { a, b } = freshUsers();
  const client = await connectSocketIo(a);
  const stub = sessionOf(await client.sid());
  await interceptCalls(inboxOf(a), "handleFrames", async (call) => {
    await scheduler.wait(300);
    return call();
  });
  for (const text of texts(3)) {
    client.send(dm(b, text));
    await scheduler.wait(20);
  }
  client.close();
  await scheduler.wait(100);
  expect((await storedIn(stub)).rows).toHaveLength(1);
  expect(await sessionsOf(a)).toHaveLength(1);
  await evictDurableObject(inboxOf(a));
  await expect.poll(() => storedTexts(a, b)).toEqual(texts(3));
  await expect.poll(() => sessionsOf(a)).toEqual([]);
  await expect.poll(() => storedIn(stub)).toEqual({ rows: [], alarm: null });
});

test("[SI3] what comes behind a packet that breaks the protocol is not taken, what came before is", async () => {
  const { a, b } = freshUsers();
  const client = await connectSocketIo(a);
  client.send(dm(b, "before"));
  client.send(`429007199254740993${dm(b, "broken").slice(2)}`);
  client.send(dm(b, "behind"));
  await client.closed();
  await expect.poll(() => sessionsOf(a)).toEqual([]);
  expect(await storedTexts(a, b)).toEqual(["before"]);
});
