import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import { stubOf, type Users } from "./by-hand.ts";
import { env, freshUsers, rest } from "./clients.ts";
import { meterRows, type RowMeter } from "./rows.ts";
import { archived } from "./stored.ts";
import { writerOf, type Writer } from "./ways.ts";

let users: Users;
let meter: RowMeter;
let alice: Writer;

/** Two messages of alice's, in D1: what is counted is none of a conversation's first rows. */
beforeEach(async () => {
  users = freshUsers();
  meter = await meterRows(env.DB, stubOf(users));
  onTestFinished(meter.restore);
  alice = await writerOf("REST", users.a, users.b);
  await cost({ type: "send", id: "one", text: "one" });
  await cost({ type: "send", id: "two", text: "two" });
});

/** Rows written in the object and in D1 by one send or change that is alone, up to where D1 has it. */
async function cost(frame: WriteFrame): Promise<readonly [object: number, archive: number]> {
  const { objectWritten, archiveWritten } = await meter.cost(async () => {
    await alice.write(frame);
    const { rev } = await stubOf(users).summary(users.a);
    await stubOf(users).waitUntilReplicated(rev);
  });
  return [objectWritten, archiveWritten];
}

const edit = { type: "edit", id: "e1", seq: 1, text: "edited" } as const;
const react = { type: "react", id: "r1", seq: 1, emoji: "👍", on: true } as const;
const remove = { type: "delete", id: "d1", seq: 1 } as const;

test("[CO1][CO8] a plain message, a reply and a message with data write one row in the object and two in D1", async () => {
  expect(await cost({ type: "send", id: "plain", text: "plain" })).toEqual([1, 2]);
  expect(await cost({ type: "send", id: "reply", text: "reply", replyTo: 1 })).toEqual([1, 2]);
  expect(await cost({ type: "send", id: "data", text: "", data: { card: 1 } })).toEqual([1, 2]);
});

test.each([
  ["an edit", edit, { ...edit, id: "e2", text: "again" }],
  ["a reaction", react, { ...react, id: "r2", emoji: "🎉" }],
  ["a reaction that is taken back", react, { ...react, id: "r2", on: false }],
  ["an edit before a deletion", edit, remove],
  ["a deletion of an untouched message", remove, { ...edit, seq: 2 }],
] as const)(
  "[CO8] %s writes two rows in the object and two in D1, and so does the next change",
  async (_name, first, later) => {
    expect(await cost(first)).toEqual([2, 2]);
    expect(await cost(later)).toEqual([2, 2]);
  },
);

test("[CO8][CH3][CH4] a repeat, and a change that finds all as it wishes, write nothing", async () => {
  await cost(edit);
  await cost(react);
  expect(await cost(edit)).toEqual([0, 0]);
  expect(await cost(react)).toEqual([0, 0]);
  expect(await cost({ ...react, id: "again" })).toEqual([0, 0]);
  await cost(remove);
  expect(await cost(remove)).toEqual([0, 0]);
  expect(await cost({ ...remove, id: "again" })).toEqual([0, 0]);
});

test("[CO4] a page from D1 reads one more row for each reply", async () => {
  for (let nth = 3; nth <= 12; nth += 1) {
    await alice.write({ type: "send", id: `m${nth}`, text: "text", ...(nth % 2 === 0 && { replyTo: 1 }) });
  }
  await archived(env, users.a, users.b, 12);
  const { archiveRead } = await meter.cost(() =>
    rest(users.a, users.b, "GET", "/messages?before=13&limit=12&rev=12"),
  );
  expect(archiveRead).toBe(12 + 5 + 1);
});
