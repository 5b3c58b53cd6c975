import { expect, test } from "vitest";
import { ownSummarySchema, type OwnSummary } from "../../src/protocol/rest.ts";
import { fillRecord, stubOf } from "./by-hand.ts";
import { connect, freshUsers, rest } from "./clients.ts";
import { recordRows } from "./stored.ts";

test("[MK5][MK8] the summary's unread is what counting says, wherever the read cursors stand", async () => {
  const users = freshUsers();
  const count = 300;
  // Runs of different lengths, so that no parity hides an error.
  await fillRecord(stubOf(users), count, { authorOf: (seq) => ((seq * seq) % 7 < 3 ? "a" : "b") });
  const rows = await recordRows(stubOf(users));
  const unreadOf = (side: "a" | "b", seq: number) =>
    rows.filter((row) => row.author !== side && row.seq > seq).length;
  let [readA, readB] = [0, 0];
  for (const seq of [0, 1, 2, 3, 7, 50, 51, 149, 150, 151, 298, 299, 300]) {
    [readA, readB] = [seq, Math.floor(seq / 2)];
    await rest(users.a, users.b, "PUT", "/read", { seq: readA });
    await rest(users.b, users.a, "PUT", "/read", { seq: readB });
    const stand = { head: count, rev: count };
    expect(await summaryOf(users.a, users.b)).toMatchObject({
      ...stand,
      you: users.a,
      peer: users.b,
      read: { you: readA, peer: readB },
      unread: unreadOf("a", readA),
    });
    expect(await summaryOf(users.b, users.a)).toMatchObject({
      ...stand,
      you: users.b,
      peer: users.a,
      read: { you: readB, peer: readA },
      unread: unreadOf("b", readB),
    });
  }
});

test("[MK5] one's own messages are never unread, and the peer's are from the moment they are sent", async () => {
  const { a, b } = freshUsers();
  const [alice, bob] = [await connect(a, b), await connect(b, a)];
  await alice.say("one");
  await alice.say("two");
  expect([await unread(a, b), await unread(b, a)]).toEqual([0, 2]);
  await bob.say("three");
  expect([await unread(a, b), await unread(b, a)]).toEqual([1, 2]);
  await rest(b, a, "PUT", "/read", { seq: 3 });
  await alice.say("four");
  expect([await unread(a, b), await unread(b, a)]).toEqual([1, 1]);
});

async function summaryOf(user: string, peer: string): Promise<OwnSummary> {
  return ownSummarySchema.parse(await (await rest(user, peer, "GET")).json());
}

async function unread(user: string, peer: string): Promise<number> {
  return (await summaryOf(user, peer)).unread;
}
