import { expect, test } from "vitest";
import { stubOf } from "./by-hand.ts";
import { connect, env, freshUsers, rest } from "./clients.ts";
import { connectInbox } from "./inbox-client.ts";
import { archived, archiveRows, recordRows } from "./stored.ts";
import { ways, writerOf } from "./ways.ts";

const encoder = new TextEncoder();
const nested = (levels: number) => '{"a":'.repeat(levels - 1) + "{}" + "}".repeat(levels - 1);
const send = (data: string, text = "beside it", id = "x") =>
  `{"type":"send","id":"${id}","text":${JSON.stringify(text)},"data":${data}}`;

/** An object of exactly so many bytes of JSON. */
function ofBytes(bytes: number, letter: string): string {
  const room = bytes - encoder.encode(`{"a":""}`).length;
  const each = encoder.encode(letter).length;
  return JSON.stringify({ a: letter.repeat(Math.floor(room / each)) + "x".repeat(room % each) });
}

const goodData = [
  { name: "an empty object", data: "{}" },
  {
    name: "every kind of value",
    data: `{"a":[null,true,false,0,-1,1.5,1e-7,"x",{},[]],"b":9007199254740991,"c":5e-324}`,
  },
  {
    name: "keys that JavaScript has its own view of",
    data: `{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toJSON":"x","hasOwnProperty":0,"length":3}`,
  },
  { name: "an empty key", data: `{"":{"":""}}` },
  { name: "lone surrogates", data: `{"a":"\\ud83d","b":"x\\ude00y","\\udc00":[{"c":"\\ude00\\ud83d"}]}` },
  {
    name: "U+0000 and control characters",
    data: `{"a":"\\u0000","b\\u0000":"\\u0001\\u001f\\b\\n","c":"\u2028\ufeff"}`,
  },
  { name: "SQL and markup", data: `{"a":"'; DROP TABLE messages; -- <script>","b":"%s ?1 \\\\ \\""}` },
  { name: "JSON in a text", data: `{"a":"{\\"b\\":[1]}"}` },
  { name: "32 levels of objects", data: nested(32) },
  { name: "32 levels of arrays", data: `{"a":${"[".repeat(31)}${"]".repeat(31)}}` },
  { name: "4,096 bytes of ASCII", data: ofBytes(4_096, "x") },
  { name: "4,096 bytes of two-byte characters", data: ofBytes(4_096, "é") },
  { name: "4,096 bytes of emoji", data: ofBytes(4_096, "😀") },
];

test.each(ways.flatMap((way) => goodData.map((good) => ({ way, ...good }))))(
  "[DA1] $name over $way is returned as it was given: frames, pages from the record and D1, replays, answers",
  async ({ way, data }) => {
    const users = freshUsers();
    const { a, b } = users;
    const live = [await connect(b, a), await connectInbox(b)];
    const { writeText } = await writerOf(way, a, b);
    expect(await writeText(send(data))).toMatchObject({ seq: 1, rev: 1 });
    await archived(env, a, b, 1);
    const synced = await connectInbox(b);
    synced.send({ type: "sync", peer: a, after: 0 });
    await synced.first("synced");
    const sockets = [...live, await connect(b, a, 0), synced];
    const isTold = ({ received }: { readonly received: readonly string[] }) =>
      received.some((text) => text.includes(`"type":"message"`));
    await Promise.all(sockets.map((socket) => socket.until(() => isTold(socket), "the message")));
    const shown = [
      ...sockets.map(({ received }) => received.find((text) => text.includes(`"type":"message"`)) ?? ""),
      await (await rest(b, a, "GET", "/messages")).text(),
      await (await rest(b, a, "GET", "/messages?before=2&rev=1")).text(),
      await (await rest(a, b, "POST", "/messages", send(data))).text(),
    ];
    expect(shown).toHaveLength(7);
    for (const text of shown) {
      expect(text).toContain(`"data":${data}}`);
    }
    expect(await archiveRows(env, a, b)).toEqual(await recordRows(stubOf(users)));
  },
);

const badData = [
  ...[`[]`, `[{"a":1}]`, `"{}"`, `""`, `0`, `null`, `true`, `false`].map((data) => ({ name: data, data })),
  { name: "33 levels of objects", data: nested(33) },
  { name: "33 levels of arrays", data: `{"a":${"[".repeat(32)}${"]".repeat(32)}}` },
  { name: "10,000 levels of objects", data: nested(10_000) },
  { name: "20,000 levels of arrays", data: `{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}` },
  { name: "4,097 bytes of ASCII", data: ofBytes(4_097, "x") },
  { name: "4,097 bytes of two-byte characters", data: ofBytes(4_097, "é") },
  { name: "60 KB", data: ofBytes(60_000, "x") },
  { name: "2^53", data: `{"a":[9007199254740992]}` },
  { name: "−2^53", data: `{"a":-9007199254740992}` },
  { name: "a number of 30 digits", data: `{"a":123456789012345678901234567890}` },
  { name: "1e400", data: `{"a":1e400}` },
  { name: "−1e400 deep inside", data: `{"a":[{"b":{"c":[-1e400]}}]}` },
];

test.each(ways.flatMap((way) => badData.map((bad) => ({ way, ...bad }))))(
  "[DA2][ER1] as data $name over $way is bad_data, leaves nothing, and the socket stays",
  async ({ way, data }) => {
    const users = freshUsers();
    const { write, writeText } = await writerOf(way, users.a, users.b);
    const refusal = { code: "bad_data", field: "data" };
    const answer = await writeText(send(data));
    expect(answer).toMatchObject(way === "REST" ? { ...refusal, status: 400 } : { ...refusal, id: "x" });
    expect(await recordRows(stubOf(users))).toEqual([]);
    // The id is free: nothing of it was kept.
    expect(await write({ type: "send", id: "x", text: "mended" })).toMatchObject({ seq: 1, rev: 1 });
  },
);

test.each(ways)("[ER4][ER5] over %s unknown fields of any depth are ignored", async (way) => {
  const { a, b } = freshUsers();
  const { writeText } = await writerOf(way, a, b);
  const deep = `{"type":"send","id":"x","text":"hello","unknown":${nested(10_000)}}`;
  expect(await writeText(deep)).toMatchObject({ seq: 1 });
});

test.each(ways)(
  "[SE8][ED1] over %s a text may be empty beside data, when sent and when edited",
  async (way) => {
    const users = freshUsers();
    const { write, writeText } = await writerOf(way, users.a, users.b);
    const badText = { code: "bad_text", field: "text" };
    expect(await writeText(send("{}", "", "one"))).toMatchObject({ seq: 1 });
    expect(await write({ type: "send", id: "two", text: "" })).toMatchObject(badText);
    expect(await write({ type: "send", id: "two", text: "without data" })).toMatchObject({ seq: 2 });
    expect(await write({ type: "edit", id: "e1", seq: 1, text: "some" })).toMatchObject({ rev: 3 });
    expect(await write({ type: "edit", id: "e2", seq: 1, text: "" })).toMatchObject({ rev: 4 });
    expect(await write({ type: "edit", id: "e3", seq: 2, text: "" })).toMatchObject(badText);
    expect((await recordRows(stubOf(users))).map(({ text, data }) => [text, data])).toEqual([
      ["", "{}"],
      ["without data", null],
    ]);
  },
);

test.each(ways)(
  "[SE6] over %s the same id with other data, or another replyTo, is a conflict",
  async (way) => {
    const users = freshUsers();
    const { writeText } = await writerOf(way, users.a, users.b);
    const first = send(`{"a":1}`);
    expect(await writeText(first)).toMatchObject({ seq: 1 });
    expect(await writeText(first)).toMatchObject({ seq: 1, rev: 1 });
    for (const other of [
      send(`{"a":2}`),
      send("{}"),
      `{"type":"send","id":"x","text":"beside it"}`,
      `{"type":"send","id":"x","text":"beside it","data":{"a":1},"replyTo":1}`,
    ]) {
      expect(await writeText(other)).toMatchObject({ code: "conflict" });
    }
    expect(await recordRows(stubOf(users))).toMatchObject([{ rev: 1, data: `{"a":1}`, reply_to: null }]);
  },
);
