import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Message } from "../../src/protocol/message.ts";
import { pageSchema } from "../../src/protocol/rest.ts";
import { editInRecord, fillRecord, stubOf, upTo, type Users } from "./by-hand.ts";
import { connect, freshUsers, rest, type Client } from "./clients.ts";

const maxReplayChanges = 1_000;
const maxReplayBytes = 1_048_576;

test("[RP1] without a cursor nothing is replayed, with 0 everything, with another what came after it", async () => {
  const users = await filled(12);
  expect(replayOf(await connect(users.b, users.a))).toEqual([]);
  expect(replayOf(await connect(users.b, users.a, 0))).toEqual(upTo(12));
  expect(replayOf(await connect(users.b, users.a, 1))).toEqual(upTo(12, 2));
  expect(replayOf(await connect(users.b, users.a, 7))).toEqual(upTo(12, 8));
  expect(replayOf(await connect(users.b, users.a, 11))).toEqual([12]);
  expect(replayOf(await connect(users.b, users.a, 12))).toEqual([]);
});

test("[RP2] a replayed message is the message as it was sent", async () => {
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  await alice.say("one");
  await alice.say("zwei\n\u2028 drei 🦩");
  const bob = await connect(b, a, 0);
  expect(bob.all("message")).toEqual(alice.all("message"));
});

test("[RP2] changed messages are replayed once, in their newest form, in order of rev, with holes where they were", async () => {
  const users = await filled(6);
  await editInRecord(stubOf(users), 2, "second, edited");
  await editInRecord(stubOf(users), 5, "fifth, edited");
  await editInRecord(stubOf(users), 2, "second, edited again");
  const bob = await connect(users.b, users.a, 0);
  expect(bob.all("message").map(({ message: { rev, seq, text } }) => [rev, seq, text])).toEqual([
    [1, 1, "text 1"],
    [3, 3, "text 3"],
    [4, 4, "text 4"],
    [6, 6, "text 6"],
    [8, 5, "fifth, edited"],
    [9, 2, "second, edited again"],
  ]);
  expect(await bob.first("ready")).toMatchObject({ head: 6, rev: 9 });
});

test("[RP2] each replayed rev is a safe cursor: a device that is cut off there misses nothing", async () => {
  const users = await filled(6);
  await editInRecord(stubOf(users), 2, "second, edited");
  const whole = replayOf(await connect(users.b, users.a, 0));
  for (const [index, rev] of whole.entries()) {
    const missed = replayOf(await connect(users.b, users.a, rev));
    expect(missed).toEqual(whole.slice(index + 1));
  }
  expect(whole).toEqual([1, 3, 4, 5, 6, 7]);
});

test("[RP3] a cursor above rev gets reset, then ready", async () => {
  const users = await filled(3);
  const bob = await connect(users.b, users.a, 4);
  expect(bob.frames[0]).toEqual({ type: "reset", rev: 3 });
  expect(bob.frames[1]).toMatchObject({ type: "ready", head: 3, rev: 3 });
  const { a, b } = freshUsers();
  const early = await connect(b, a, 1);
  expect(early.frames.map((frame) => frame.type)).toEqual(["reset", "ready"]);
});

test("[RP3] a cursor of a history that no longer holds gets reset; 0 and one of this history do not", async () => {
  const users = await filled(3);
  await runInDurableObject(stubOf(users), (_, { storage }) => {
    storage.sql.exec("UPDATE state SET floor_rev = 1000");
    storage.sql.exec("UPDATE messages SET rev = 1001, created_rev = 1001 WHERE seq = 3");
  });
  await evictDurableObject(stubOf(users));
  expect(typesOf(await connect(users.b, users.a, 2))).toEqual(["reset", "ready"]);
  expect(typesOf(await connect(users.b, users.a, 999))).toEqual(["reset", "ready"]);
  expect(replayOf(await connect(users.b, users.a, 0))).toEqual([1, 2, 1001]);
  expect(replayOf(await connect(users.b, users.a, 1_000))).toEqual([1001]);
});

test("[RP3] exactly 1,000 changes are replayed, 1,001 are a reset", { timeout: 30_000 }, async () => {
  const users = await filled(maxReplayChanges + 1);
  const inReach = await connect(users.b, users.a, 1);
  expect(replayOf(inReach)).toEqual(upTo(maxReplayChanges + 1, 2));
  const outOfReach = await connect(users.b, users.a, 0);
  expect(outOfReach.frames[0]).toEqual({ type: "reset", rev: maxReplayChanges + 1 });
  expect(outOfReach.frames[1]).toMatchObject({ type: "ready", rev: maxReplayChanges + 1 });
  expect(replayOf(outOfReach)).toEqual([]);
});

test("[RP3] changes of messages count like new ones", { timeout: 30_000 }, async () => {
  const users = await filled(maxReplayChanges);
  await editInRecord(stubOf(users), 1, "edited");
  // 1,001 revisions of 1,000 messages: each is sent once.
  expect(replayOf(await connect(users.b, users.a, 0))).toHaveLength(maxReplayChanges);
  const alice = await connect(users.a, users.b);
  await alice.say("one too many");
  expect(replayOf(await connect(users.b, users.a, 2))).toHaveLength(maxReplayChanges);
  expect(typesOf(await connect(users.b, users.a, 1))).toEqual(["reset", "ready"]);
});

test("[RP3] exactly 1 MiB of messages is replayed, a byte more is a reset", { timeout: 30_000 }, async () => {
  const longest = "ü".repeat(8_000);
  const textOf = (seq: number) => (seq === 1 ? "" : longest);
  const measured = freshUsers();
  await fillRecord(stubOf(measured), 65, { textOf });
  const { messages } = pageSchema.parse(
    await (await rest(measured.a, measured.b, "GET", "/messages?limit=100")).json(),
  );
  const room = maxReplayBytes - messages.reduce((sum, message) => sum + bytesOf(message), 0);
  expect(room).toBeGreaterThan(0);
  const [exact, above] = [freshUsers(), freshUsers()];
  await fillRecord(stubOf(exact), 65, { textOf: (seq) => textOf(seq) || "x".repeat(room) });
  await fillRecord(stubOf(above), 65, { textOf: (seq) => textOf(seq) || "x".repeat(room + 1) });
  expect(replayOf(await connect(exact.b, exact.a, 0))).toEqual(upTo(65));
  expect(typesOf(await connect(above.b, above.a, 0))).toEqual(["reset", "ready"]);
  expect(replayOf(await connect(above.b, above.a, 1))).toEqual(upTo(65, 2));
});

test(
  "[RP3] a device that got reset loads pages below head and then goes on live",
  { timeout: 30_000 },
  async () => {
    const users = await filled(maxReplayChanges + 50);
    const bob = await connect(users.b, users.a, 10);
    const { head } = await bob.first("ready");
    const alice = await connect(users.a, users.b);
    await alice.say("live");
    const seqs = [];
    for (let before = head + 1; before > 1; before = seqs[0] ?? 0) {
      const path = `/messages?before=${before}&limit=100`;
      const page = pageSchema.parse(await (await rest(users.b, users.a, "GET", path)).json());
      seqs.unshift(...page.messages.map((message) => message.seq));
    }
    const live = await bob.first("message");
    expect([...seqs, live.message.seq]).toEqual(upTo(maxReplayChanges + 51));
  },
);

test("[RP5] a repeated ack carries its old rev: a cursor taken from it would replay what was seen", async () => {
  const { a, b } = freshUsers();
  const alice = await connect(a, b);
  await alice.say("first", { id: "first", after: 0 });
  await alice.say("second");
  await alice.say("third");
  expect(await alice.say("first", { id: "first", after: 0 })).toMatchObject({ type: "ack", seq: 1, rev: 1 });
  expect(alice.all("message").map(({ message }) => message.rev)).toEqual([1, 2, 3]);
  expect(replayOf(await connect(a, b, 3))).toEqual([]);
});

async function filled(count: number): Promise<Users> {
  const users = freshUsers();
  await fillRecord(stubOf(users), count);
  return users;
}

function bytesOf(message: Message): number {
  return new TextEncoder().encode(JSON.stringify(message)).length;
}

/** The revs that came before `ready`. */
function replayOf(client: Client): number[] {
  const ready = client.frames.findIndex((frame) => frame.type === "ready");
  return client.frames
    .slice(0, ready)
    .flatMap((frame) => (frame.type === "message" ? [frame.message.rev] : []));
}

/** What came up to `ready`; marks and presence may follow. */
function typesOf(client: Client): string[] {
  const types = client.frames.map((frame) => frame.type);
  return types.slice(0, types.indexOf("ready") + 1);
}
