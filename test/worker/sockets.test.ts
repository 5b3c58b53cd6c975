import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { stubOf, upTo } from "./by-hand.ts";
import { connect, freshUsers, openWith, tokenFor, type Client } from "./clients.ts";

const limits = {
  maxTextBytes: 16_384,
  maxFrameBytes: 65_536,
  maxMessageIdCharacters: 64,
  maxDataBytes: 4_096,
  maxDataDepth: 32,
  maxReactions: 20,
  sendsPerSecond: 1_000,
  sendBurst: 1_000,
  signalsPerSecond: 4_000,
  signalBurst: 4_000,
  maxBadFrames: 10,
  maxDevices: 20,
  maxReplayChanges: 1_000,
  maxReplayBytes: 1_048_576,
  maxOutstandingCharacters: 67_108_864,
  maxPageMessages: 100,
  newConversationsPerHour: 60,
  presenceTtlMs: 120_000,
  maxListConversations: 500,
  maxPresencePeers: 50,
  inboxFramesPerSecond: 20_000,
  inboxFrameBurst: 20_000,
};

test("[SO1][SO2] the first socket of a conversation gets one frame: ready, with the limits in force", async () => {
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  expect(alice.frames).toEqual([
    {
      type: "ready",
      you: a,
      peer: b,
      head: 0,
      rev: 0,
      read: { you: 0, peer: 0 },
      delivered: { you: 0, peer: 0 },
      peerOnline: false,
      limits,
      requestId: expect.any(String),
    },
  ]);
});

test("[SO2] ready names both sides from where its reader stands", async () => {
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  for (const text of ["one", "two", "three"]) {
    await alice.say(text);
  }
  const bob = await connect(b, a);
  bob.send({ type: "delivered", seq: 3 });
  bob.send({ type: "read", seq: 2 });
  await alice.first("delivered");
  await alice.first("read");
  const stand = { head: 3, rev: 3, peerOnline: true };
  expect(await readyOf(await connect(a, b))).toMatchObject({
    ...stand,
    you: a,
    peer: b,
    read: { you: 0, peer: 2 },
    delivered: { you: 0, peer: 3 },
  });
  expect(await readyOf(await connect(b, a))).toMatchObject({
    ...stand,
    you: b,
    peer: a,
    read: { you: 2, peer: 0 },
    delivered: { you: 3, peer: 0 },
  });
});

test("[SO1][SO2] what was missed comes before ready, and ready is true after it", async () => {
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  await alice.say("one");
  await alice.say("two");
  const bob = await connect(b, a, 1);
  expect(bob.frames.slice(0, 2).map((frame) => frame.type)).toEqual(["message", "ready"]);
  expect(await readyOf(bob)).toMatchObject({ head: 2, rev: 2 });
});

test("[SO3] live frames go on from ready, each exactly one rev above the last", async () => {
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  await alice.say("before bob came");
  const bob = await connect(b, a, 0);
  const later = await connect(b, a);
  await Promise.all(upTo(20).flatMap((nth) => [alice.say(`a ${nth}`), bob.say(`b ${nth}`)]));
  await later.first("message", ({ message }) => message.seq === 41);
  expect((await readyOf(later)).rev).toBe(1);
  expect(later.all("message").map(({ message }) => message.rev)).toEqual(upTo(41, 2));
  expect(bob.all("message").map(({ message }) => message.rev)).toEqual(upTo(41));
});

test("[SO4] ping is answered pong, and does not wake an object that sleeps", async () => {
  const { a, b } = freshUsers();
  const stub = stubOf({ a, b });
  const alice = await connect(a, b);
  await alice.say("hello");
  await stub.waitUntilReplicated(1);
  await evictDurableObject(stub);
  alice.sendRaw("ping");
  await alice.until(() => alice.pongs === 1, "pong");
  // Only a running object can be evicted.
  await expect(evictDurableObject(stub)).rejects.toThrow("not currently running");
  await alice.say("awake again");
  await evictDurableObject(stub);
  alice.sendRaw("ping");
  await alice.until(() => alice.pongs === 2, "pong");
  await expect(evictDurableObject(stub)).rejects.toThrow("not currently running");
  expect(alice.all("error")).toEqual([]);
});

test.each([1000, 3000, 4001, 4999])("[SO6] a close with %i is answered with that code", async (code) => {
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  alice.close(code, "bye");
  expect(await alice.closed()).toEqual({ code, reason: "bye" });
});

test("[SO6] a close without a code is answered with 1000", async () => {
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  alice.close();
  expect((await alice.closed()).code).toBe(1000);
});

test("[SO6][MK4][MK7] a close that wakes a sleeping object is answered, told to the peer, and its mark is kept", async () => {
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  const bob = await connect(b, a);
  await bob.say("hello");
  alice.send({ type: "delivered", seq: 1 });
  await bob.first("delivered");
  await stubOf({ a, b }).waitUntilReplicated(1);
  await evictDurableObject(stubOf({ a, b }));
  alice.close(4321, "good night");
  expect(await alice.closed()).toEqual({ code: 4321, reason: "good night" });
  await bob.first("presence", ({ user, online }) => user === a && !online);
  expect(await readyOf(await connect(b, a))).toMatchObject({ delivered: { peer: 1 }, peerOnline: false });
});

test("[SO7] the 21st device of a user closes the one not heard of for longest; the peer's do not count", async () => {
  const { a, b } = freshUsers();
  const bob = await connect(b, a);
  const framed = await connect(a, b);
  const pinged = await connect(a, b);
  const silent = await connect(a, b);
  const others = await connectMany(a, b, 17);
  framed.send({ type: "typing", on: true });
  await bob.first("typing");
  pinged.sendRaw("ping");
  await pinged.until(() => pinged.pongs === 1, "pong");
  const newest = await connect(a, b);
  expect(await silent.closed()).toMatchObject({
    code: 4408,
    reason: expect.stringMatching(/^device_limit/) as string,
  });
  await bob.say("who is there?");
  const staying = [framed, pinged, ...others, newest];
  await Promise.all(staying.map((device) => device.first("message")));
  expect(staying).toHaveLength(20);
  expect(silent.all("message")).toEqual([]);
  expect(bob.end).toBeUndefined();
});

async function connectMany(user: string, peer: string, count: number): Promise<Client[]> {
  const devices = [];
  for (let nth = 1; nth <= count; nth += 1) {
    const device = await openWith(await tokenFor(user), peer);
    await device.first("ready");
    devices.push(device);
  }
  return devices;
}

function readyOf(client: Client) {
  return client.first("ready");
}
