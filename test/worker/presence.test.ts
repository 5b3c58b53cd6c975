import { expect, test } from "vitest";
import { movableClock } from "./by-hand.ts";
import { connect, freshUsers, openWith, tokenFor } from "./clients.ts";
import { connectFour } from "./four-devices.ts";

test("[MK6] typing goes to the peer's devices only, and leaves nothing behind", async () => {
  const users = freshUsers();
  const devices = await connectFour(users);
  const [phone, tablet, ...peers] = devices;
  phone.send({ type: "typing", on: true });
  phone.send({ type: "typing", on: false });
  for (const peer of peers) {
    await peer.first("typing", ({ on }) => !on);
    expect(peer.all("typing")).toEqual([
      { type: "typing", user: users.a, on: true },
      { type: "typing", user: users.a, on: false },
    ]);
  }
  await phone.say("later than the typing");
  await tablet.first("message");
  expect([...phone.all("typing"), ...tablet.all("typing")]).toEqual([]);
  const late = await connect(users.b, users.a, 0);
  expect(late.all("typing")).toEqual([]);
});

test("[MK7] the peer is told of the first device that comes and of the last that goes, of none between", async () => {
  const { a, b } = freshUsers();
  const bob = await connect(b, a);
  const [phone, tablet] = [await connect(a, b), await connect(a, b)];
  phone.close();
  await phone.closed();
  await tablet.say("the tablet is still here");
  await Promise.all([bob.first("message"), bob.first("presence")]);
  expect(bob.all("presence")).toEqual([{ type: "presence", user: a, online: true }]);
  tablet.close();
  await bob.first("presence", ({ online }) => !online);
  expect(bob.all("presence")).toEqual([
    { type: "presence", user: a, online: true },
    { type: "presence", user: a, online: false },
  ]);
  expect([...phone.all("presence"), ...tablet.all("presence")]).toEqual([]);
});

test("[MK7] ready says who is there: not a token that has run out, not a socket that is silent for two minutes", async () => {
  const clock = movableClock();
  const { a, b } = freshUsers();
  const bob = await openWith(await tokenFor(b, 60), a);
  expect(await bob.first("ready")).toMatchObject({ peerOnline: false });
  const alice = await connect(a, b);
  expect(await alice.first("ready")).toMatchObject({ peerOnline: true });
  clock.advance(91_000);
  expect(await readyOf(a, b)).toMatchObject({ peerOnline: false });
  expect(await readyOf(b, a)).toMatchObject({ peerOnline: true });
  clock.advance(121_000);
  expect(await readyOf(b, a)).toMatchObject({ peerOnline: false });
  await alice.say("here again");
  expect(await readyOf(b, a)).toMatchObject({ peerOnline: true });
});

/** The `ready` of a socket that comes and goes. */
async function readyOf(user: string, peer: string) {
  const client = await connect(user, peer);
  const ready = await client.first("ready");
  client.close();
  await client.closed();
  return ready;
}
