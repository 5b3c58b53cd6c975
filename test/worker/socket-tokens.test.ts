import { expect, onTestFinished, test, vi } from "vitest";
import { movableClock, stubOf, upTo, type Users } from "./by-hand.ts";
import { connect, freshUsers, nowSeconds, openWith, tokenFor, tokenWith, type Client } from "./clients.ts";
import { recordRows } from "./stored.ts";

const leewaySeconds = 30;
const minuteMs = 60_000;

test(
  "[SO5] a token that runs out while the socket lives ends it at the next frame to it, which it does not get",
  { timeout: 30_000 },
  async () => {
    const { a, b } = freshUsers();
    const alice = await connect(a, b);
    const exp = nowSeconds() - leewaySeconds + 4;
    const bob = await openWith(await tokenWith({ sub: b, exp }), a);
    await bob.first("ready");
    await alice.say("in time");
    await bob.first("message");
    await scheduler.wait((exp + leewaySeconds) * 1_000 - Date.now() + 10);
    expect(bob.end).toBeUndefined();
    await alice.say("too late");
    expectExpired(await bob.closed());
    expect(bob.all("message").map(({ message }) => message.text)).toEqual(["in time"]);
  },
);

test("[SO5] an expired socket sends nothing: its frame closes it and is not stored", async () => {
  const { users, alice, bob } = await aliceOutlivesBob();
  bob.send({ type: "send", id: "late", text: "too late" });
  expectExpired(await bob.closed());
  await alice.say("who was that?");
  expect((await recordRows(stubOf(users))).map((row) => row.text)).toEqual(["in time", "who was that?"]);
  expect(bob.all("ack")).toEqual([]);
});

test.each([
  { type: "typing", on: true },
  { type: "read", seq: 1 },
  { type: "delivered", seq: 1 },
])("[SO5] an expired socket's $type reaches nobody", async (frame) => {
  const { alice, bob } = await aliceOutlivesBob();
  bob.send(frame);
  expectExpired(await bob.closed());
  await alice.say("after it");
  expect(alice.frames.filter(({ type }) => type === frame.type)).toEqual([]);
});

test("[SO5] every kind of frame to an expired socket closes it instead", async () => {
  const { alice, bob } = await aliceOutlivesBob();
  alice.send({ type: "typing", on: true });
  expectExpired(await bob.closed());
  expect(bob.all("typing")).toEqual([]);
});

test("[SO5] a fresh token keeps the socket alive beyond the first, and frames behind it wait and keep their order", async () => {
  const { clock, users, alice, bob } = await aliceOutlivesBob();
  // Expired already, but no frame moved: without waiting for the verdict the first send would end the socket.
  const fresh = await tokenFor(users.b, 600);
  slowVerdicts();
  bob.send({ type: "auth", token: fresh });
  const ids = upTo(10).map((nth) => `behind ${nth}`);
  for (const id of ids) {
    bob.send({ type: "send", id, text: id });
  }
  await bob.first("ack", ({ id }) => id === ids.at(-1));
  expect(bob.all("ack").map(({ id, seq }) => ({ id, seq }))).toEqual(
    ids.map((id, index) => ({ id, seq: index + 2 })),
  );
  clock.advance(5 * minuteMs);
  await alice.say("still there?");
  await bob.first("message", ({ message }) => message.text === "still there?");
  clock.advance(10 * minuteMs);
  bob.send({ type: "typing", on: true });
  expectExpired(await bob.closed());
});

test("[SO5] a live socket takes several fresh tokens in a row, with frames between them", async () => {
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  for (const nth of upTo(3)) {
    alice.send({ type: "auth", token: await tokenFor(a, 600 * nth) });
    expect(await alice.say(`after token ${nth}`)).toMatchObject({ type: "ack", seq: nth });
  }
});

const tokensThatDoNotHold = [
  { name: "that is none", code: 4401, reason: /^unauthorized/, token: () => Promise.resolve("no.token") },
  {
    name: "with another key",
    code: 4401,
    reason: /^unauthorized/,
    token: ({ a }: Users) =>
      tokenWith({ sub: a, exp: nowSeconds() + 600 }, "another-secret-of-32-characters!"),
  },
  {
    name: "of the peer",
    code: 4401,
    reason: /^unauthorized/,
    token: ({ b }: Users) => tokenFor(b),
  },
  {
    name: "that has expired",
    code: 4402,
    reason: /^token_expired/,
    token: ({ a }: Users) => tokenFor(a, -leewaySeconds - 1),
  },
];

test.each(tokensThatDoNotHold)(
  "[SO5][ER2] auth with a token $name closes the socket with $code, and frames behind it are not handled",
  async ({ token, code, reason }) => {
    const users = freshUsers();
    const alice = await connect(users.a, users.b);
    const bob = await connect(users.b, users.a);
    const doubtful = await token(users);
    slowVerdicts();
    alice.send({ type: "auth", token: doubtful });
    alice.send({ type: "send", id: "behind", text: "behind a token that does not hold" });
    const end = await alice.closed();
    expect(end.code).toBe(code);
    expect(end.reason).toMatch(reason);
    await bob.first("presence", ({ online }) => !online);
    await bob.say("only this");
    expect((await recordRows(stubOf(users))).map((row) => row.text)).toEqual(["only this"]);
  },
);

interface Scene {
  readonly clock: ReturnType<typeof movableClock>;
  readonly users: Users;
  readonly alice: Client;
  readonly bob: Client;
}

/** Both were connected when alice said something; bob's token has run out since, and no frame moved. */
async function aliceOutlivesBob(): Promise<Scene> {
  const clock = movableClock();
  const users = freshUsers();
  const alice = await openWith(await tokenFor(users.a, 86_400), users.b);
  await alice.first("ready");
  const bob = await openWith(await tokenFor(users.b, 60), users.a);
  await bob.first("ready");
  await alice.say("in time");
  await bob.first("message");
  clock.advance((60 + leewaySeconds) * 1_000);
  return { clock, users, alice, bob };
}

/** Gives what is sent behind a token the time to come in before the verdict falls. */
function slowVerdicts(): void {
  const verify = crypto.subtle.verify.bind(crypto.subtle);
  const spy = vi.spyOn(crypto.subtle, "verify").mockImplementation(async (...parameters) => {
    await scheduler.wait(50);
    return verify(...parameters);
  });
  onTestFinished(() => spy.mockRestore());
}

function expectExpired({ code, reason }: { readonly code: number; readonly reason: string }): void {
  expect(code).toBe(4402);
  expect(reason).toMatch(/^token_expired/);
}
