import { expect, test } from "vitest";
import {
  controlledClock,
  deployWith,
  freshUsers,
  origin,
  rest,
  socketOf,
  tokenFor,
  worker,
} from "./clients.ts";
import { connectWith, SocketIoClient } from "./socket-io-client.ts";
import { dm } from "./socket-io-clients.ts";
import { nothing, waysIn } from "./ways-in.ts";

const address = `${origin}/socket.io/?EIO=4&transport=polling`;
const rows = new Map(
  waysIn.filter(({ kind }) => kind === "Socket.IO session").map((way) => [way.name, way] as const),
);
const oversized = "x".repeat(70_000);

/** A session on polling whose user is connected and has had all that there was. */
async function connectedSession(user: string, tokenSeconds = 600) {
  const { sid } = JSON.parse((await (await worker.fetch(address)).text()).slice(1)) as { sid: string };
  const url = `${address}&sid=${sid}`;
  const post = (...packets: string[]) =>
    worker.fetch(url, {
      method: "POST",
      body: packets.join("\x1e"),
      headers: { "content-type": "text/plain" },
    });
  const poll = async () => (await worker.fetch(url)).text();
  await post(`40${JSON.stringify({ token: await tokenFor(user, tokenSeconds) })}`);
  for (let packets = ""; !packets.includes('42["ready"');) {
    packets = await poll();
  }
  return { url, post, poll };
}

/** Takes the session over to a WebSocket. */
async function upgraded(url: string): Promise<SocketIoClient> {
  const response = await worker.fetch(url, { headers: { upgrade: "websocket" } });
  const client = new SocketIoClient(socketOf(response));
  client.send("2probe");
  await client.packet("3probe");
  client.send("5");
  return client;
}

const codesIn = (packets: string) => [...packets.matchAll(/"code":"(\w+)"/g)].map(([, code]) => code);

test("the table has an answer where these tests look for one, and nothing elsewhere", () => {
  const answers = [...rows.values()].map(({ name, expiry, allowance, block, size }) => [
    name,
    ...[expiry, allowance, block, size].map((answer) => answer !== nothing),
  ]);
  expect(answers).toEqual([
    ["handshake", false, true, false, false],
    ["poll", true, true, false, false],
    ["post", true, true, false, true],
    ["upgrade", true, true, false, true],
    ["CONNECT", true, true, false, true],
  ]);
});

test("[SO5][SI9] a poll with an expired token brings its refusal, and nothing of what is new", async () => {
  const passSeconds = controlledClock();
  const { a, b } = freshUsers();
  const { poll } = await connectedSession(a, 60);
  passSeconds(120);
  await rest(b, a, "POST", "/messages", { id: "new", text: "not for expired tokens" });
  let packets = "";
  while (!packets.endsWith("1")) {
    packets += await poll();
  }
  expect(codesIn(packets)).toEqual([rows.get("poll")?.expiry]);
  expect(packets).not.toContain("not for expired");
});

test("[SO5][SI9] what is posted, or sent after an upgrade, with an expired token is refused", async () => {
  const passSeconds = controlledClock();
  const { a, b } = freshUsers();
  const posting = await connectedSession(a, 60);
  const client = await upgraded((await connectedSession(a, 60)).url);
  const event = `421${JSON.stringify(["history", { peer: b }])}`;
  passSeconds(120);
  await posting.post(event);
  expect(new Set(codesIn(await posting.poll()))).toEqual(new Set([rows.get("post")?.expiry]));
  client.send(event);
  expect(await client.packet("431")).toContain(rows.get("upgrade")?.expiry);
  expect(await client.closed()).toBe(1000);
});

test("[SI1][AD4] a CONNECT with an expired token is answered with its refusal", async () => {
  const client = await connectWith({ token: await tokenFor(freshUsers().a, -60) });
  expect(codesIn(await client.packet("44"))).toEqual([rows.get("CONNECT")?.expiry]);
  client.close();
});

test("[SI11] a CONNECT in a burst: rate_limited", async () => {
  const client = await connectWith({ token: "none" });
  for (let nth = 0; nth < 10; nth += 1) {
    client.send('40{"token":"none"}');
  }
  expect(await client.closed()).toBe(1000);
  expect(codesIn(client.packets.at(-1) ?? "")).toContain(rows.get("CONNECT")?.allowance);
});

test("[EN3][CO11] every request of a session from an address over its limit is refused", async () => {
  const { url } = await connectedSession(freshUsers().a);
  const over = { limit: async () => ({ success: false }) };
  deployWith({ ADDRESS_LIMIT: over, SESSION_LIMIT: over });
  const headers = { "cf-connecting-ip": "203.0.113.7" };
  const upgrade = { ...headers, upgrade: "websocket" };
  const requests: Readonly<Record<string, readonly [string, RequestInit][]>> = {
    handshake: [
      [address, { headers }],
      [address, { headers: upgrade }],
    ],
    poll: [[url, { headers }]],
    post: [[url, { method: "POST", body: "3", headers }]],
    upgrade: [[url, { headers: upgrade }]],
  };
  for (const [name, { allowance }] of rows) {
    for (const [at, request] of allowance === "address" ? (requests[name] ?? []) : []) {
      expect([name, (await worker.fetch(at, request)).status]).toEqual([name, 429]);
    }
  }
  expect(Object.keys(requests)).toEqual(
    [...rows.values()].filter(({ allowance }) => allowance === "address").map(({ name }) => name),
  );
});

test("[EN8] a post, a WebSocket after its upgrade and a CONNECT that are too large", async () => {
  const { a, b } = freshUsers();
  const { url, post } = await connectedSession(a);
  expect(String((await post(dm(b, oversized))).status)).toBe(rows.get("post")?.size);
  const client = await upgraded(url);
  client.send(dm(b, oversized));
  expect(String(await client.closed())).toBe(rows.get("upgrade")?.size);
  const connecting = await connectWith({ token: "none" });
  connecting.send(`40${JSON.stringify({ token: await tokenFor(a), oversized })}`);
  expect(String(await connecting.closed())).toBe(rows.get("CONNECT")?.size);
});
