import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { upTo } from "./by-hand.ts";
import {
  connect,
  env,
  freshUsers,
  nowSeconds,
  problemOf,
  socketOf,
  tokenFor,
  tokenWith,
  upgradeHeaders,
  worker,
} from "./clients.ts";
import { connectInbox, inboxOf, inboxUrl, openInboxWith, InboxClient } from "./inbox-client.ts";
import { listOf } from "./lists.ts";
import { archived } from "./stored.ts";

test("[IN2] a user without conversations gets one frame: ready, with an empty list, its position and the limits", async () => {
  const { a, b } = freshUsers();
  const alice = await connectInbox(a);
  const { limits } = await (await connect(a, b)).first("ready");
  expect(alice.frames).toEqual([
    {
      type: "ready",
      you: a,
      list: {
        conversations: [],
        unread: { messages: 0, conversations: 0 },
        position: expect.any(Number) as number,
      },
      limits,
      requestId: expect.any(String) as string,
    },
  ]);
});

test("[IN2] ready has the conversations, newest message first, as the list has them", async () => {
  const { a, b } = freshUsers();
  const peers = [b, `${b}-2`, `${b}-3`];
  for (const peer of peers) {
    const client = await connect(peer, a);
    await client.say(`from ${peer}`);
    client.close();
    await archived(env, peer, a, 1);
  }
  const { list } = await (await connectInbox(a)).first("ready");
  const listed = await listOf(a);
  expect(list?.conversations.map(({ peer }) => peer)).toEqual(peers.toReversed());
  expect({ ...list, position: 0 }).toEqual({ ...listed, position: 0 });
  expect(list?.unread).toEqual({ messages: 3, conversations: 3 });
  expect(list?.position).toBeLessThanOrEqual(listed.position);
});

test("[IN2] a second device's ready has what the first one did a moment ago", async () => {
  const { a, b } = freshUsers();
  const phone = await connectInbox(a);
  for (const nth of upTo(5)) {
    await phone.say(b, `text ${nth}`);
    const { list } = await (await connectInbox(a)).first("ready");
    expect(list?.conversations).toMatchObject([{ peer: b, head: nth, rev: nth, unread: 0 }]);
    expect((await (await connectInbox(b)).first("ready")).list).toMatchObject({
      conversations: [{ peer: a, head: nth, unread: nth }],
      unread: { messages: nth, conversations: 1 },
    });
  }
});

test("[IN1] without a token the upgrade is 401, with an expired one it closes with 4402, a stranger's key is 4401", async () => {
  const { a } = freshUsers();
  const bare = await worker.fetch(inboxUrl, { headers: { upgrade: "websocket" } });
  expect(bare.status).toBe(401);
  expect(await problemOf(bare)).toMatchObject({ code: "unauthorized" });
  const late = await openInboxWith(await tokenFor(a, -60));
  expect((await late.closed()).code).toBe(4402);
  const stranger = await openInboxWith(
    await tokenWith({ sub: a, exp: nowSeconds() + 60 }, "another-secret-of-32-characters!"),
  );
  expect((await stranger.closed()).code).toBe(4401);
  expect(stranger.frames).toEqual([]);
});

test.each(["POST", "PUT", "DELETE"])("[IN1] %s is 405", async (method) => {
  const headers = { authorization: `Bearer ${await tokenFor(freshUsers().a)}` };
  const response = await worker.fetch(inboxUrl, { method, headers });
  expect(response.status).toBe(405);
  expect(await problemOf(response)).toMatchObject({ code: "method_not_allowed" });
});

test("[IN1][AD8] a plain GET is 426, a foreign origin 403 or close 4403 even with a token", async () => {
  const token = await tokenFor(freshUsers().a);
  const plain = await worker.fetch(inboxUrl, { headers: { authorization: `Bearer ${token}` } });
  expect(plain.status).toBe(426);
  expect(await problemOf(plain)).toMatchObject({ code: "upgrade_required" });
  const origin = "https://evil.test";
  const program = await worker.fetch(inboxUrl, {
    headers: { upgrade: "websocket", authorization: `Bearer ${token}`, origin },
  });
  expect(program.status).toBe(403);
  expect(program.webSocket).toBeNull();
  const page = await worker.fetch(inboxUrl, { headers: { ...upgradeHeaders(token), origin } });
  expect(await new InboxClient(socketOf(page)).closed()).toMatchObject({ code: 4403 });
});

test("[IN1] the subprotocol is answered where it was offered, and only there", async () => {
  const token = await tokenFor(freshUsers().a);
  const offered = await worker.fetch(inboxUrl, { headers: upgradeHeaders(token) });
  expect(offered.headers.get("sec-websocket-protocol")).toBe("pairline.v1");
  offered.webSocket?.accept();
  const bare = await worker.fetch(inboxUrl, {
    headers: { upgrade: "websocket", authorization: `Bearer ${token}` },
  });
  expect(bare.status).toBe(101);
  expect(bare.headers.get("sec-websocket-protocol")).toBeNull();
  bare.webSocket?.accept();
});

test.each([1000, 3000, 4321])("[IN1][SO6] a close with %i is answered with that code", async (code) => {
  const alice = await connectInbox(freshUsers().a);
  alice.close(code, "bye");
  expect(await alice.closed()).toEqual({ code, reason: "bye" });
});

test("[IN1][SO6] a close that wakes a sleeping inbox is answered", async () => {
  const { a } = freshUsers();
  const alice = await connectInbox(a);
  await evictDurableObject(inboxOf(a));
  alice.close(4321, "good night");
  expect(await alice.closed()).toEqual({ code: 4321, reason: "good night" });
});

test("[IN1][SO7] the 21st device of a user closes the one not heard of for longest, and the others hear what happens", async () => {
  const { a, b } = freshUsers();
  const devices: InboxClient[] = [];
  for (const _ of upTo(20)) {
    devices.push(await connectInbox(a));
  }
  const [first, silent, ...others] = devices as [InboxClient, InboxClient, ...InboxClient[]];
  first.sendRaw("ping");
  await first.until(() => first.pongs === 1, "pong");
  const newest = await connectInbox(a);
  const end = await silent.closed();
  expect(end.code).toBe(4408);
  expect(end.reason).toMatch(/^device_limit/);
  const bob = await connectInbox(b);
  await bob.say(a, "who is there?");
  const staying = [first, ...others, newest];
  await Promise.all(staying.map((device) => device.first("message")));
  expect(staying).toHaveLength(20);
  expect(silent.texts).toEqual([]);
});
