import { evictDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test, vi } from "vitest";
import { typingBelievedMs } from "../../src/protocol/typing.ts";
import { movableClock, stubOf } from "./by-hand.ts";
import { connect, freshUsers, openWith, tokenFor, type Client } from "./clients.ts";
import { connectInbox, inboxOf, openInboxWith } from "./inbox-client.ts";
import { connectSocketIo } from "./socket-io-client.ts";

/** A device of a user, which types to one peer. */
interface Typist {
  readonly type: (on: boolean) => void;
  readonly say: (text: string) => Promise<unknown>;
  readonly close: () => void;
}

const kinds = ["a conversation socket", "an inbox socket", "a Socket.IO connection"] as const;

async function typistOn(kind: (typeof kinds)[number], user: string, peer: string): Promise<Typist> {
  if (kind === "a conversation socket") {
    const socket = await connect(user, peer);
    const type = (on: boolean) => socket.send({ type: "typing", on });
    return { type, say: (text) => socket.say(text), close: () => socket.close() };
  }
  if (kind === "an inbox socket") {
    const socket = await connectInbox(user);
    const type = (on: boolean) => socket.send({ type: "typing", peer, on });
    return { type, say: (text) => socket.say(peer, text), close: () => socket.close() };
  }
  const client = await connectSocketIo(user);
  const type = (on: boolean) => client.send(`42${JSON.stringify(["typing", { peer, on }])}`);
  return { type, say: (text) => client.call("send", { peer, text }), close: () => client.close() };
}

test.each(kinds)(
  "[MK6] typing ends when the device on %s goes, though another device of its user stays",
  async (kind) => {
    const { a, b } = freshUsers();
    const bob = await connect(b, a);
    const laptop = await connect(a, b);
    await laptop.say("hello");
    const bobsInbox = await connectInbox(b);
    const phone = await typistOn(kind, a, b);
    phone.type(true);
    await bob.first("typing");
    await bobsInbox.first("typing");
    phone.close();
    await bob.first("typing", ({ on }) => !on);
    await bobsInbox.first("typing", ({ on }) => !on);
    expect(typingOf(bob)).toEqual([true, false]);
  },
);

test.each(kinds.slice(0, 2))("[MK6] so it does when the objects of %s slept in between", async (kind) => {
  const { a, b } = freshUsers();
  const bob = await connect(b, a);
  await connect(a, b);
  const phone = await typistOn(kind, a, b);
  phone.type(true);
  await bob.first("typing");
  await evictDurableObject(stubOf({ a, b }));
  await evictDurableObject(inboxOf(a));
  phone.close();
  await bob.first("typing", ({ on }) => !on);
  expect(typingOf(bob)).toEqual([true, false]);
});

test("[MK6][SO5] typing ends when a frame finds that the token of the device that typed has expired", async () => {
  const clock = movableClock();
  const { a, b } = freshUsers();
  const bob = await connect(b, a);
  const laptop = await connect(a, b);
  const phone = await openWith(await tokenFor(a, 60), b);
  phone.send({ type: "typing", on: true });
  await bob.first("typing");
  clock.advance(100_000);
  await laptop.say("what moves closes the expired socket");
  expect(await phone.closed()).toMatchObject({ code: 4402 });
  await bob.first("typing", ({ on }) => !on);

  const inbox = await openInboxWith(await tokenFor(a, 60));
  await inbox.first("ready");
  inbox.send({ type: "typing", peer: b, on: true });
  await bob.until(() => typingOf(bob).length === 3, "typing on the inbox socket");
  clock.advance(100_000);
  await laptop.say("again");
  await bob.until(() => typingOf(bob).length === 4, "that it ended");
  expect(typingOf(bob)).toEqual([true, false, true, false]);
});

test.each(kinds.flatMap((one) => kinds.map((other) => [one, other] as const)))(
  "[MK6] typing on %s and on %s ends when both have stopped or gone",
  async (one, other) => {
    const { a, b } = freshUsers();
    const bob = await connect(b, a);
    const [phone, laptop] = [await typistOn(one, a, b), await typistOn(other, a, b)];
    phone.type(true);
    await bob.until(() => typingOf(bob).length === 1, "the phone's typing");
    laptop.type(true);
    await bob.until(() => typingOf(bob).length === 2, "the laptop's typing");
    phone.type(false);
    await phone.say("acknowledged after the end of its typing");
    expect(typingOf(bob)).toEqual([true, true]);
    laptop.close();
    await bob.first("typing", ({ on }) => !on);
    expect(typingOf(bob)).toEqual([true, true, false]);
  },
);

test("[MK6] the off of one device counts once the other said on longer ago than a client may believe it", async () => {
  let nowMs = Date.now();
  const clock = vi.spyOn(Date, "now").mockImplementation(() => nowMs);
  onTestFinished(() => clock.mockRestore());
  const { a, b } = freshUsers();
  const bob = await connect(b, a);
  const [silent, laptop] = [await connect(a, b), await connect(a, b)];
  silent.send({ type: "typing", on: true });
  await bob.first("typing");
  nowMs += typingBelievedMs - 1;
  laptop.send({ type: "typing", on: true });
  laptop.send({ type: "typing", on: false });
  laptop.send({ type: "typing", on: true });
  await bob.until(() => typingOf(bob).length === 3, "the laptop's typing");
  expect(typingOf(bob)).toEqual([true, true, true]);
  nowMs += 1;
  laptop.send({ type: "typing", on: false });
  await bob.first("typing", ({ on }) => !on);
});

function typingOf(client: Client): boolean[] {
  return client.all("typing").map(({ on }) => on);
}
