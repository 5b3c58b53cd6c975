import { expect, test } from "vitest";
import { upTo, movableClock } from "./by-hand.ts";
import { connect, freshUsers, nowSeconds, tokenFor, tokenWith } from "./clients.ts";
import { connectInbox, openInboxWith, type InboxClient } from "./inbox-client.ts";

test("[IN3][IN4] a message between two inbox sockets carries each side's peer, and a summary follows", async () => {
  const { a, b } = freshUsers();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  expect(await alice.say(b, "hello", { id: "x" })).toMatchObject({ type: "ack", peer: b, id: "x", seq: 1 });
  const toBob = await bob.first("message");
  const toAlice = await alice.first("message");
  expect(toBob).toMatchObject({ peer: a, message: { seq: 1, rev: 1, author: a, text: "hello" } });
  expect(toAlice).toEqual({ ...toBob, peer: b });
  expect(await bob.first("summary", ({ rev }) => rev === 1)).toMatchObject({ peer: a, head: 1, unread: 1 });
  expect(await alice.first("summary", ({ rev }) => rev === 1)).toMatchObject({ peer: b, head: 1, unread: 0 });
  for (const frames of [alice.frames, bob.frames]) {
    const types = frames.map(({ type }) => type);
    expect(types.indexOf("message")).toBeLessThan(types.indexOf("summary"));
  }
});

test("[IN4][MK2] read and delivered marks go both ways with their peer", async () => {
  const { a, b } = freshUsers();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await alice.say(b, "hello");
  await bob.first("message");
  bob.send({ type: "delivered", peer: a, seq: 1 });
  expect(await alice.first("delivered")).toEqual({ type: "delivered", peer: b, user: b, seq: 1 });
  bob.send({ type: "read", peer: a, seq: 1 });
  expect(await alice.first("read")).toEqual({ type: "read", peer: b, user: b, seq: 1 });
  expect(await bob.first("read")).toEqual({ type: "read", peer: a, user: b, seq: 1 });
  expect(await bob.first("summary", ({ read }) => read.you === 1)).toMatchObject({ peer: a, unread: 0 });
});

test("[IN4][MK6] typing goes to the peer's devices alone, over either kind of socket", async () => {
  const { a, b } = freshUsers();
  const [alice, bob, open] = [await connectInbox(a), await connectInbox(b), await connect(b, a)];
  // A stranger's typing is for who has the conversation open: before the first message no inbox hears of it.
  alice.send({ type: "typing", peer: b, on: false });
  expect(await open.first("typing")).toEqual({ type: "typing", user: a, on: false });
  await alice.say(b, "hello");
  await bob.first("message");
  expect(bob.all("typing")).toEqual([]);
  alice.send({ type: "typing", peer: b, on: true });
  expect(await bob.first("typing")).toEqual({ type: "typing", peer: a, user: a, on: true });
  expect(await open.first("typing", ({ on }) => on)).toEqual({ type: "typing", user: a, on: true });
  open.send({ type: "typing", on: true });
  expect(await alice.first("typing")).toEqual({ type: "typing", peer: b, user: b, on: true });
  expect(open.all("typing").map(({ user }) => user)).toEqual([a, a]);
  expect(bob.all("typing").map(({ user }) => user)).toEqual([a]);
});

test("[IN3] two inbox devices and a conversation's socket of one user get every message once and in order", async () => {
  const { a, b } = freshUsers();
  const [phone, tablet] = [await connectInbox(a), await connectInbox(a)];
  const open = await connect(a, b);
  const bob = await connectInbox(b);
  await Promise.all(
    upTo(20).flatMap((nth) => [
      phone.say(b, `phone ${nth}`),
      open.say(`open ${nth}`),
      bob.say(a, `bob ${nth}`),
    ]),
  );
  const devices = [phone, tablet, bob];
  await Promise.all(devices.map((device) => device.first("message", ({ message }) => message.seq === 60)));
  await open.first("message", ({ message }) => message.seq === 60);
  for (const device of [...devices, open]) {
    const messages = (device as InboxClient).all("message").map(({ message }) => message);
    expect(messages.map(({ rev }) => rev)).toEqual(upTo(60));
    expect(messages).toEqual(phone.all("message").map(({ message }) => message));
  }
  expect([phone.all("ack").length, open.all("ack").length, tablet.all("ack").length]).toEqual([20, 20, 0]);
});

test("[IN3] frames of three conversations at once are contiguous in rev in each of them", async () => {
  const { a, b } = freshUsers();
  const peers = [b, `${b}-2`, `${b}-3`];
  const alice = await connectInbox(a);
  const others = await Promise.all(peers.map((peer) => connectInbox(peer)));
  await Promise.all(
    upTo(15).flatMap((nth) => [
      ...peers.map((peer) => alice.say(peer, `${nth}`)),
      ...others.map((other) => other.say(a, `${nth}`)),
    ]),
  );
  for (const peer of peers) {
    const ofPeer = () => alice.all("message").filter((frame) => frame.peer === peer);
    await alice.until(() => ofPeer().length === 30, `30 messages`);
    expect(ofPeer().map(({ message }) => message.rev)).toEqual(upTo(30));
  }
});

test("[IN5][SE3] a message's frame comes before its ack, whoever else is writing", async () => {
  const { a, b } = freshUsers();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await Promise.all(upTo(30).flatMap((nth) => [alice.say(b, `a ${nth}`), bob.say(a, `b ${nth}`)]));
  for (const device of [alice, bob]) {
    const acks = device.all("ack");
    expect(acks).toHaveLength(30);
    for (const ack of acks) {
      const shownAt = device.frames.findIndex(
        (frame) => frame.type === "message" && frame.message.id === ack.id,
      );
      expect(shownAt).toBeGreaterThan(-1);
      expect(shownAt).toBeLessThan(device.frames.indexOf(ack));
    }
  }
});

test("[IN4][SE5] a retry over either kind of socket gets the first one's ack and is shown to nobody again", async () => {
  const { a, b } = freshUsers();
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  const ack = await alice.say(b, "hello", { id: "x" });
  await alice.say(b, "between");
  expect(await alice.say(b, "hello", { id: "x" })).toEqual(ack);
  const open = await connect(a, b);
  const { peer: _, ...receipt } = ack as typeof ack & { peer?: string };
  expect(await open.say("hello", { id: "x" })).toEqual(receipt);
  expect(await alice.say(b, "another", { id: "x" })).toMatchObject({ code: "conflict", id: "x", peer: b });
  await bob.first("message", ({ message }) => message.text === "between");
  await alice.say(b, "last");
  await bob.first("message", ({ message }) => message.text === "last");
  expect(bob.texts).toEqual(["hello", "between", "last"]);
  expect(alice.texts).toEqual(["hello", "between", "last"]);
});

test("[IN1][SO5] a fresh token keeps an inbox socket alive, an expired one closes it with 4402 when a frame would move", async () => {
  const clock = movableClock();
  const { a, b } = freshUsers();
  const bob = await openInboxWith(await tokenFor(b, 86_400));
  const [renewed, late] = [
    await openInboxWith(await tokenFor(a, 60)),
    await openInboxWith(await tokenFor(a, 60)),
  ];
  await Promise.all([bob, renewed, late].map((device) => device.first("ready")));
  renewed.send({ type: "auth", token: await tokenFor(a, 7_200) });
  expect(await renewed.say(b, "in time")).toMatchObject({ type: "ack" });
  await late.first("message");
  clock.advance(600_000);
  await bob.say(a, "too late");
  const end = await late.closed();
  expect(end.code).toBe(4402);
  expect(end.reason).toMatch(/^token_expired/);
  expect(late.texts).toEqual(["in time"]);
  await renewed.first("message", ({ message }) => message.text === "too late");
});

test("[IN1][SO5] an expired inbox socket's own frame closes it and is not stored", async () => {
  const clock = movableClock();
  const { a, b } = freshUsers();
  const alice = await openInboxWith(await tokenFor(a, 60));
  await alice.first("ready");
  clock.advance(600_000);
  alice.send({ type: "send", peer: b, id: "late", text: "too late" });
  expect((await alice.closed()).code).toBe(4402);
  expect((await (await connect(b, a)).first("ready")).head).toBe(0);
});

test("[IN1][SO5] auth with another user's token closes the inbox socket with 4401, one with another key too", async () => {
  const { a, b } = freshUsers();
  const strangers = [
    await tokenFor(b),
    await tokenWith({ sub: a, exp: nowSeconds() + 60 }, "another-secret-of-32-characters!"),
  ];
  for (const token of strangers) {
    const alice = await connectInbox(a);
    alice.send({ type: "auth", token });
    alice.send({ type: "send", peer: b, id: "behind", text: "behind it" });
    expect((await alice.closed()).code).toBe(4401);
  }
  expect((await (await connect(b, a)).first("ready")).head).toBe(0);
});
