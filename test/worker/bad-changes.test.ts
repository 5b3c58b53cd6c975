import { beforeEach, expect, test } from "vitest";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import { stubOf, type Users } from "./by-hand.ts";
import { freshUsers } from "./clients.ts";
import { recordRows } from "./stored.ts";
import { ways, writerOf, type Writer } from "./ways.ts";

let users: Users;

/** Message 1 is alice's, 2 bob's, 3 alice's and deleted, 4 alice's with data: six revisions. */
beforeEach(async () => {
  users = freshUsers();
  const { a, b } = users;
  const [alice, bob] = [await writerOf("REST", a, b), await writerOf("REST", b, a)];
  await alice.write({ type: "send", id: "one", text: "alice's" });
  await bob.write({ type: "send", id: "two", text: "bob's" });
  await alice.write({ type: "send", id: "three", text: "deleted soon" });
  await alice.write({ type: "send", id: "four", text: "with data", data: { card: 1 } });
  await alice.write({ type: "delete", id: "gone", seq: 3 });
});

interface BadChange {
  readonly name: string;
  readonly rule: string;
  readonly frame: WriteFrame;
  readonly code: ErrorCode;
  readonly field?: string;
  /** What REST says instead, where a path cannot say the same. */
  readonly rest?: { readonly code: ErrorCode; readonly field?: string | undefined };
}

const edit = { type: "edit", id: "x", seq: 1, text: "edited" } as const;
const remove = { type: "delete", id: "x", seq: 1 } as const;
const react = { type: "react", id: "x", seq: 1, emoji: "👍", on: true } as const;
const reply = { type: "send", id: "x", text: "a reply", replyTo: 1 } as const;

/** Emoji number `nth` of a row of some. */
const someEmoji = (nth: number) => String.fromCodePoint(0x1f600 + nth);

const badChanges: readonly BadChange[] = [
  { name: "an edit of the peer's message", rule: "CH7", frame: { ...edit, seq: 2 }, code: "not_author" },
  { name: "a deletion of the peer's message", rule: "CH7", frame: { ...remove, seq: 2 }, code: "not_author" },
  { name: "an edit of a deleted message", rule: "CH5", frame: { ...edit, seq: 3 }, code: "message_deleted" },
  {
    name: "a reaction to a deleted message",
    rule: "CH5",
    frame: { ...react, seq: 3 },
    code: "message_deleted",
  },
  {
    name: "a reaction taken back from a deleted message",
    rule: "CH5",
    frame: { ...react, seq: 3, on: false },
    code: "message_deleted",
  },
  ...[edit, remove, react].flatMap((frame) => [
    {
      name: `${frame.type} of seq 0`,
      rule: "CH5",
      frame: { ...frame, seq: 0 },
      code: "bad_frame" as const,
      rest: { code: "out_of_range" as const, field: "seq" },
    },
    {
      name: `${frame.type} of the seq above head`,
      rule: "CH5",
      frame: { ...frame, seq: 5 },
      code: "unknown_message" as const,
      field: "seq",
    },
    {
      name: `${frame.type} of the last seq there can be`,
      rule: "CH5",
      frame: { ...frame, seq: Number.MAX_SAFE_INTEGER },
      code: "unknown_message" as const,
      field: "seq",
    },
    {
      name: `${frame.type} of a seq that is a word`,
      rule: "ER4",
      frame: { ...frame, seq: "one" as unknown as number },
      code: "bad_frame" as const,
      rest: { code: "out_of_range" as const, field: "seq" },
    },
    {
      name: `${frame.type} of a seq with a fraction`,
      rule: "ER4",
      frame: { ...frame, seq: 1.5 },
      code: "bad_frame" as const,
      rest: { code: "out_of_range" as const, field: "seq" },
    },
  ]),
  {
    name: "an edit to an empty text",
    rule: "SE8",
    frame: { ...edit, text: "" },
    code: "bad_text",
    field: "text",
  },
  {
    name: "an edit to 16,385 bytes",
    rule: "SE8",
    frame: { ...edit, text: "x".repeat(16_385) },
    code: "bad_text",
    field: "text",
  },
  {
    name: "an edit to a U+0000",
    rule: "SE8",
    frame: { ...edit, text: "a\u0000" },
    code: "bad_text",
    field: "text",
  },
  {
    name: "an edit above rev",
    rule: "ED2",
    frame: { ...edit, after: 6 },
    code: "out_of_range",
    field: "after",
  },
  ...[
    ["a word", "like"],
    ["a letter", "a"],
    ["a digit", "1"],
    ["two emoji", "👍👎"],
    ["two emoji with a joiner", "👍\u200d👎"],
    ["an emoji and a space", "👍 "],
    ["a lone joiner", "\u200d"],
    ["20,000 times one", "👍".repeat(4_000)],
  ].map(([name = "", emoji = ""]) => ({
    name: `the emoji ${name}`,
    rule: "RE1",
    frame: { ...react, emoji },
    code: "bad_emoji" as const,
    field: "emoji",
  })),
  {
    name: "an empty emoji",
    rule: "RE1",
    frame: { ...react, emoji: "" },
    code: "bad_emoji",
    field: "emoji",
    rest: { code: "not_found", field: undefined },
  },
  {
    name: "a reply to the future",
    rule: "RY1",
    frame: { ...reply, replyTo: 6 },
    code: "unknown_message",
    field: "replyTo",
  },
  {
    name: "a reply to itself",
    rule: "RY1",
    frame: { ...reply, replyTo: 5 },
    code: "unknown_message",
    field: "replyTo",
  },
  ...([0, -1, 1.5, "1", null] as number[]).map((replyTo) => ({
    name: `a reply to ${JSON.stringify(replyTo)}`,
    rule: "RY1",
    frame: { ...reply, replyTo },
    code: "bad_frame" as const,
    rest: { code: "bad_request" as const, field: "replyTo" },
  })),
  { name: "an empty text", rule: "SE8", frame: { ...reply, text: "" }, code: "bad_text", field: "text" },
];

test.each(ways.flatMap((way) => badChanges.map((bad) => ({ way, ...bad }))))(
  "[$rule][ER1][ER3] $name over $way is refused, leaves nothing, and the socket stays",
  async ({ way, frame, code, field, rest: overRest }) => {
    const writer = await writerOf(way, users.a, users.b);
    const rows = await recordRows(stubOf(users));
    const answer = await writer.write(frame);
    const expected = way === "REST" ? { field, code, ...overRest } : { field, code, id: "x" };
    expect({ ...answer, status: undefined }).toEqual({ ...expected, status: undefined });
    expect(await recordRows(stubOf(users))).toEqual(rows);
    await expectAlive(writer);
  },
);

test.each(ways)(
  "[RE2] over %s twenty different reactions are taken, the twenty-first is refused, and one taken back makes room",
  async (way) => {
    const { write } = await writerOf(way, users.a, users.b);
    for (let nth = 0; nth < 20; nth += 1) {
      expect(await write({ ...react, id: `r${nth}`, emoji: someEmoji(nth) })).toMatchObject({ rev: 6 + nth });
    }
    const over = { ...react, id: "over", emoji: someEmoji(20) };
    expect(await write(over)).toMatchObject({ code: "too_many_reactions" });
    const bob = await writerOf(way, users.b, users.a);
    expect(await bob.write({ ...over, emoji: someEmoji(0) })).toMatchObject({ rev: 26 });
    expect(await write({ ...react, id: "back", emoji: someEmoji(1), on: false })).toMatchObject({ rev: 27 });
    expect(await write(over)).toMatchObject({ rev: 28 });
    const [row] = await recordRows(stubOf(users));
    expect(Object.keys(JSON.parse(String(row?.["reactions"])) as object)).toHaveLength(20);
  },
);

test.each(["a conversation socket", "an inbox socket"] as const)(
  "[ER5][RE1] an emoji of 60 KB over %s is bad_emoji, one of 1 MB closes that socket with 4413, and nothing is stored",
  async (way) => {
    const { a, b } = users;
    const [one, other] = [await writerOf(way, a, b), await writerOf(way, a, b)];
    const rows = await recordRows(stubOf(users));
    expect(await one.write({ ...react, emoji: "👍".repeat(15_000) })).toMatchObject({
      id: "x",
      code: "bad_emoji",
    });
    one.socket?.send({ ...react, peer: b, emoji: "👍".repeat(262_144) });
    expect((await one.socket?.closed())?.code).toBe(4413);
    expect(await recordRows(stubOf(users))).toEqual(rows);
    await expectAlive(other);
  },
);

const missing = [
  `{"type":"edit","id":"x","text":"edited"}`,
  `{"type":"edit","id":"x","seq":1}`,
  `{"type":"delete","id":"x"}`,
  `{"type":"react","id":"x","seq":1,"on":true}`,
  `{"type":"react","id":"x","seq":1,"emoji":"👍"}`,
  `{"type":"react","id":"x","seq":1,"emoji":"👍","on":"yes"}`,
  `{"type":"react","id":"x","seq":1,"emoji":1,"on":true}`,
];

test.each(
  (["a conversation socket", "an inbox socket"] as const).flatMap((way) =>
    missing.map((text) => ({ way, text })),
  ),
)("[ER4] $text over $way is bad_frame under its id, and the socket stays", async ({ way, text }) => {
  const writer = await writerOf(way, users.a, users.b);
  expect(await writer.writeText(text)).toMatchObject({ code: "bad_frame", id: "x" });
  await expectAlive(writer);
});

async function expectAlive({ write }: Writer): Promise<void> {
  expect(await write({ type: "send", id: "alive", text: "still here" })).toMatchObject({ seq: 5 });
}
