import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { ownSummarySchema, type OwnSummary } from "../../src/protocol/rest.ts";
import type { ServerFrame } from "../../src/protocol/server-frame.ts";
import { fillRecord, stubOf, type Users } from "./by-hand.ts";
import { connect, freshUsers, problemOf, rest, type Client } from "./clients.ts";
import { connectFour } from "./four-devices.ts";

test.each(["read", "delivered"] as const)(
  "[MK1][MK2] a %s mark moves forward only, and all four devices are told of each move once",
  async (type) => {
    const users = await filled(5);
    const devices = await connectFour(users);
    const [phone, tablet, ...peers] = devices;
    const last = { type, user: users.a, seq: 5 };
    for (const seq of [2, 2, 1, 4, 3]) {
      phone.send({ type, seq });
      await settledMark(phone);
    }
    tablet.send({ type, seq: 3 });
    tablet.send({ type, seq: 5 });
    for (const device of devices) {
      await device.first(type, ({ seq }) => seq === 5);
      expect(marksOf(device, type)).toEqual([{ ...last, seq: 2 }, { ...last, seq: 4 }, last]);
    }
    expect(peers).toHaveLength(2);
  },
);

test.each(["read", "delivered"] as const)(
  "[MK1] a %s mark beyond head is refused and moves nothing",
  async (type) => {
    const users = await filled(3);
    const alice = await connect(users.a, users.b);
    const from = alice.frames.length;
    alice.send({ type, seq: 4 });
    expect(await alice.answer(from)).toMatchObject({ type: "error", code: "out_of_range", field: "seq" });
    alice.send({ type, seq: 3 });
    await alice.first(type);
    expect(marksOf(alice, type)).toEqual([{ type, user: users.a, seq: 3 }]);
  },
);

test("[MK2][MK3] a read cursor is durable, and delivered is never below it", async () => {
  const users = await filled(4);
  const alice = await connect(users.a, users.b);
  alice.send({ type: "read", seq: 3 });
  await alice.first("read");
  await stubOf(users).waitUntilReplicated(4);
  await evictDurableObject(stubOf(users), { webSockets: "close" });
  const bob = await connect(users.b, users.a);
  expect(await bob.first("ready")).toMatchObject({
    read: { you: 0, peer: 3 },
    delivered: { you: 0, peer: 3 },
  });
});

test("[MK4] a delivery mark outlives its socket, and the furthest of a user's devices counts", async () => {
  const users = await filled(6);
  const [phone, tablet] = [await connect(users.a, users.b), await connect(users.a, users.b)];
  const bob = await connect(users.b, users.a);
  phone.send({ type: "delivered", seq: 5 });
  await bob.first("delivered", ({ seq }) => seq === 5);
  tablet.send({ type: "delivered", seq: 2 });
  await settledMark(tablet);
  expect(marksOf(bob, "delivered")).toHaveLength(1);
  phone.close();
  await phone.closed();
  expect(await deliveredOf(users)).toBe(5);
  tablet.close();
  await tablet.closed();
  await bob.first("presence", ({ online }) => !online);
  await stubOf(users).waitUntilReplicated(6);
  await evictDurableObject(stubOf(users));
  expect(await deliveredOf(users)).toBe(5);
});

test("[MK4] connecting with after is a delivery mark, up to the cursor and no further", async () => {
  const users = await filled(6);
  const bob = await connect(users.b, users.a);
  const alice = await connect(users.a, users.b, 4);
  expect(await bob.first("delivered")).toEqual({ type: "delivered", user: users.a, seq: 4 });
  expect(await alice.first("delivered")).toEqual({ type: "delivered", user: users.a, seq: 4 });
  expect(await deliveredOf(users)).toBe(4);
  await connect(users.a, users.b);
  await connect(users.a, users.b, 0);
  await connect(users.a, users.b, 3);
  await connect(users.a, users.b, 7);
  expect(await deliveredOf(users)).toBe(4);
});

test("[MK1][MK8] the read cursor is one, whether set over REST or over a socket", async () => {
  const users = await filled(9);
  const bob = await connect(users.b, users.a);
  expect(await putRead(users, 4)).toEqual({ seq: 4 });
  expect(await bob.first("read")).toEqual({ type: "read", user: users.a, seq: 4 });
  expect(await putRead(users, 2)).toEqual({ seq: 4 });
  const alice = await connect(users.a, users.b);
  expect(await alice.first("ready")).toMatchObject({ read: { you: 4, peer: 0 } });
  alice.send({ type: "read", seq: 8 });
  await bob.first("read", ({ seq }) => seq === 8);
  expect(await putRead(users, 6)).toEqual({ seq: 8 });
  expect(await summaryOf(users.a, users.b)).toMatchObject({ read: { you: 8, peer: 0 } });
  expect(await summaryOf(users.b, users.a)).toMatchObject({ read: { you: 0, peer: 8 } });
  const response = await rest(users.a, users.b, "PUT", "/read", { seq: 10 });
  expect(response.status).toBe(400);
  expect(await problemOf(response)).toMatchObject({ code: "out_of_range", field: "seq" });
  expect(await summaryOf(users.a, users.b)).toMatchObject({ read: { you: 8, peer: 0 } });
  expect(bob.all("read").map(({ seq }) => seq)).toEqual([4, 8]);
});

async function filled(count: number): Promise<Users> {
  const users = freshUsers();
  await fillRecord(stubOf(users), count);
  return users;
}

/** Returns when the server has handled all that this socket sent so far. */
async function settledMark(client: Client): Promise<void> {
  const from = client.frames.length;
  client.send({ type: "read", seq: Number.MAX_SAFE_INTEGER });
  await client.until(() => client.frames.slice(from).some((frame) => frame.type === "error"), "a refusal");
}

function marksOf(client: Client, type: "read" | "delivered"): ServerFrame[] {
  return client.all(type);
}

/** How far `b` is told that `a` got. */
async function deliveredOf(users: Users): Promise<number> {
  const bob = await connect(users.b, users.a);
  return (await bob.first("ready")).delivered.peer;
}

async function putRead({ a, b }: Users, seq: number): Promise<unknown> {
  const response = await rest(a, b, "PUT", "/read", { seq });
  expect(response.status).toBe(200);
  return response.json();
}

async function summaryOf(user: string, peer: string): Promise<OwnSummary> {
  return ownSummarySchema.parse(await (await rest(user, peer, "GET")).json());
}
