import { expect, test } from "vitest";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import type { Message } from "../../src/protocol/message.ts";
import { env, freshUsers, rest } from "./clients.ts";
import { archived, archiveRows, recordRows } from "./stored.ts";
import { stubOf, type Users } from "./by-hand.ts";
import { expectEverywhere, watch } from "./watchers.ts";
import { ways, writerOf } from "./ways.ts";

interface Operation {
  readonly name: string;
  readonly rule: string;
  /** What precedes it. */
  readonly before?: readonly WriteFrame[];
  readonly frame: WriteFrame;
  /** What it makes of a message, beside the numbers. */
  readonly made: (users: Users) => Partial<Message>;
}

const first: WriteFrame = { type: "send", id: "first", text: "hello", data: { picture: 1 } };
const reaction = { type: "react", seq: 1, emoji: "👍", on: true } as const;
const time = expect.any(Number) as number;

const operations: readonly Operation[] = [
  {
    name: "an edit",
    rule: "ED1",
    before: [{ ...reaction, id: "before" }],
    frame: { type: "edit", id: "change", seq: 1, text: "edited", after: 1 },
    made: ({ a }) => ({ text: "edited", data: { picture: 1 }, reactions: { "👍": [a] }, editedAt: time }),
  },
  {
    name: "a deletion",
    rule: "DE1",
    before: [
      { ...reaction, id: "before" },
      { type: "edit", id: "edit", seq: 1, text: "edited" },
    ],
    frame: { type: "delete", id: "change", seq: 1 },
    made: () => ({ text: "", deletedAt: time }),
  },
  {
    name: "a reaction",
    rule: "RE3",
    frame: { ...reaction, id: "change" },
    made: ({ a }) => ({ text: "hello", data: { picture: 1 }, reactions: { "👍": [a] } }),
  },
  {
    name: "a reaction taken back",
    rule: "RE3",
    before: [{ ...reaction, id: "before" }],
    frame: { ...reaction, id: "change", on: false },
    made: () => ({ text: "hello", data: { picture: 1 } }),
  },
  {
    name: "a reply with data",
    rule: "RY2",
    frame: { type: "send", id: "change", text: "a reply", replyTo: 1, data: { card: [1, { two: null }] } },
    made: ({ a }) => ({
      text: "a reply",
      replyTo: 1,
      quote: { author: a, text: "hello" },
      data: { card: [1, { two: null }] },
    }),
  },
  {
    name: "data without a text",
    rule: "DA1",
    frame: { type: "send", id: "change", text: "", data: {} },
    made: () => ({ text: "", data: {} }),
  },
];

test.each(ways.flatMap((way) => operations.map((operation) => ({ way, ...operation }))))(
  "[CH1][CH2][$rule][SO3] $name over $way takes one rev, and is told and shown the same everywhere",
  async ({ way, before = [], frame, made }) => {
    const users = freshUsers();
    const { a, b } = users;
    const watchers = await watch(users);
    const alice = await writerOf(way, a, b);
    for (const one of [first, ...before]) {
      await alice.write(one);
    }
    await rest(b, a, "POST", "/messages", { id: "between", text: "between" });
    const answer = await alice.write(frame);
    await rest(b, a, "POST", "/messages", { id: "after", text: "after" });
    const rev = before.length + 3;
    const message = await watchers.told(rev);
    const { createdAt } = await watchers.told(1);
    const isSend = frame.type === "send";
    expect(message).toEqual({
      seq: isSend ? 3 : 1,
      rev,
      id: isSend ? "change" : "first",
      author: a,
      createdAt: isSend ? time : createdAt,
      ...made(users),
    });
    expect(answer).toMatchObject({ seq: message.seq, rev });
    expect("message" in answer ? answer.message : message).toEqual(message);
    const told = alice.socket?.frames.map((each) =>
      each.type === "message" ? each.message.rev : each.type === "ack" ? `ack ${each.rev}` : "",
    );
    expect(told === undefined || told.indexOf(rev) < told.indexOf(`ack ${rev}`)).toBe(true);
    await watchers.told(rev + 1);
    const all = Array.from({ length: rev + 1 }, (_, index) => index + 1);
    expect(watchers.revs()).toEqual([all, all, all, all]);
    await expectEverywhere(users, message);
    await archived(env, a, b, rev + 1);
    expect(await archiveRows(env, a, b)).toEqual(await recordRows(stubOf(users)));
  },
);

test("[CH1][SE4] changes and sends of both users over all ways at once have one order, contiguous on every device", async () => {
  const users = freshUsers();
  const { a, b } = users;
  const watchers = await watch(users);
  const writers = [
    ...(await Promise.all(ways.map((way) => writerOf(way, a, b)))),
    ...(await Promise.all(ways.map((way) => writerOf(way, b, a)))),
  ];
  const firsts = await Promise.all(
    writers.map(({ write }, nth) => write({ type: "send", id: `first ${nth}`, text: `text ${nth}` })),
  );
  const seqs = firsts.map((answer) => ("seq" in answer ? answer.seq : 0));
  const answers = await Promise.all(
    writers.flatMap(({ write }, nth) => {
      const seq = seqs[nth] ?? 0;
      const other = seqs[(nth + 1) % seqs.length] ?? 0;
      return [
        write({ type: "edit", id: `edit ${nth}`, seq, text: `edited ${nth}` }),
        write({ type: "react", id: `react ${nth}`, seq, emoji: "🎉", on: true }),
        write({ type: "send", id: `reply ${nth}`, text: `reply ${nth}`, replyTo: other }),
        write({ type: "edit", id: `again ${nth}`, seq, text: `edited twice ${nth}` }),
      ];
    }),
  );
  const count = firsts.length + answers.length;
  await watchers.told(count);
  const all = Array.from({ length: count }, (_, index) => index + 1);
  expect(watchers.revs()).toEqual([all, all, all, all]);
  const revs = [...firsts, ...answers].map((answer) => ("rev" in answer ? answer.rev : 0));
  expect(revs.toSorted((one, other) => one - other)).toEqual(all);
  await archived(env, a, b, count);
  expect(await archiveRows(env, a, b)).toEqual(await recordRows(stubOf(users)));
});
