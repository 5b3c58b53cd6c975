import { expect, test } from "vitest";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import { connect, env, freshUsers, problemOf, rest } from "./clients.ts";
import { conversationOf, recordRows } from "./stored.ts";

const maxFrameBytes = 65_536;

const badFrames: readonly { name: string; data: string | Uint8Array; id?: string }[] = [
  { name: "no JSON", data: "hello" },
  { name: "nothing", data: "" },
  { name: "cut off JSON", data: `{"type":"send","id":"x","text":"hel` },
  { name: "a string", data: `"send"` },
  { name: "null", data: "null" },
  { name: "an array", data: `[{"type":"send","id":"x","text":"hello"}]` },
  { name: "a ping with a space", data: "ping " },
  { name: "an object without a type", data: `{"id":"x","text":"hello"}`, id: "x" },
  { name: "an unknown type", data: `{"type":"shout","id":"x"}`, id: "x" },
  { name: "a type of the server", data: `{"type":"ack","id":"x"}`, id: "x" },
  { name: "an edit without an id", data: `{"type":"edit","seq":1,"text":"changed"}` },
  { name: "a send without an id", data: `{"type":"send","text":"hello"}` },
  { name: "a send without a text", data: `{"type":"send","id":"x"}`, id: "x" },
  { name: "an empty id", data: `{"type":"send","id":"","text":"hello"}` },
  {
    name: "an id of 65 characters",
    data: JSON.stringify({ type: "send", id: "i".repeat(65), text: "hello" }),
  },
  { name: "an id beyond ASCII", data: `{"type":"send","id":"é","text":"hello"}` },
  { name: "an id that is a number", data: `{"type":"send","id":1,"text":"hello"}` },
  { name: "a text that is a number", data: `{"type":"send","id":"x","text":1}`, id: "x" },
  { name: "a text that is null", data: `{"type":"send","id":"x","text":null}`, id: "x" },
  { name: "a negative after", data: `{"type":"send","id":"x","text":"hello","after":-1}`, id: "x" },
  { name: "a fraction as after", data: `{"type":"send","id":"x","text":"hello","after":0.5}`, id: "x" },
  { name: "a huge after", data: `{"type":"send","id":"x","text":"hello","after":9007199254740992}`, id: "x" },
  { name: "an after that is text", data: `{"type":"send","id":"x","text":"hello","after":"0"}`, id: "x" },
  { name: "a read without a seq", data: `{"type":"read"}` },
  { name: "a read of -1", data: `{"type":"read","seq":-1}` },
  { name: "a delivered of -1", data: `{"type":"delivered","seq":-1}` },
  { name: "a typing that is text", data: `{"type":"typing","on":"yes"}` },
  { name: "an auth without a token", data: `{"type":"auth"}` },
  { name: "binary", data: new TextEncoder().encode(`{"type":"send","id":"x","text":"hello"}`) },
];

test.each(badFrames)(
  "[ER1][ER4] $name is bad_frame, stores nothing, and the socket stays",
  async ({ data, id }) => {
    const { a, b } = freshUsers();
    const one = await connect(a, b);
    one.sendRaw(data);
    const error = await one.first("error");
    expect(error).toMatchObject({ code: "bad_frame" });
    expect(error.id).toBe(id);
    expect(await one.say("after it")).toMatchObject({ type: "ack", seq: 1 });
    expect(await texts(a, b)).toEqual(["after it"]);
  },
);

test("[ER4] unknown fields are ignored", async () => {
  const { a, b } = freshUsers();
  const one = await connect(a, b);
  one.send({ type: "send", id: "x", text: "hello", author: b, seq: 99, createdAt: 1, color: "red" });
  expect(await one.first("ack")).toMatchObject({ id: "x", seq: 1 });
  const { message } = await one.first("message");
  expect(message).toEqual({
    seq: 1,
    rev: 1,
    id: "x",
    author: a,
    text: "hello",
    createdAt: message.createdAt,
  });
});

const badTexts = [
  { name: "an empty text", text: `""` },
  { name: "16,385 bytes of ASCII", text: JSON.stringify("x".repeat(16_385)) },
  { name: "16,385 bytes of two-byte characters and one", text: JSON.stringify("é".repeat(8_192) + "x") },
  { name: "16,385 bytes of three-byte characters", text: JSON.stringify("€".repeat(5_461) + "xx") },
  { name: "16,388 bytes of emoji", text: JSON.stringify("😀".repeat(4_097)) },
  { name: "a lone high surrogate", text: `"a\\ud83d"` },
  { name: "a lone low surrogate", text: `"\\ude00a"` },
  { name: "surrogates in the wrong order", text: `"\\ude00\\ud83d"` },
  { name: "a U+0000", text: `"a\\u0000b"` },
];

test.each(badTexts)("[SE8] $name is bad_text on both doors, and not stored", async ({ text }) => {
  const { a, b } = freshUsers();
  const one = await connect(a, b);
  one.sendRaw(`{"type":"send","id":"x","text":${text}}`);
  expect(await one.first("error")).toMatchObject({ id: "x", code: "bad_text", field: "text" });
  const posted = await rest(a, b, "POST", "/messages", `{"id":"x","text":${text}}`);
  expect(posted.status).toBe(400);
  expect(await problemOf(posted)).toMatchObject({ code: "bad_text", field: "text" });
  // The id is free: nothing of it was kept.
  expect(await one.say("mended", { id: "x" })).toMatchObject({ type: "ack", seq: 1 });
  expect(await texts(a, b)).toEqual(["mended"]);
});

test.each([
  { name: "one character", text: "x" },
  { name: "16,384 bytes of ASCII", text: "x".repeat(16_384) },
  { name: "16,384 bytes of two-byte characters", text: "é".repeat(8_192) },
  { name: "16,384 bytes of three-byte characters and one", text: "€".repeat(5_461) + "x" },
  { name: "16,384 bytes of emoji", text: "😀".repeat(4_096) },
  { name: "10,000 control characters, of six bytes each in JSON", text: "\u0001".repeat(10_000) },
  { name: "spaces alone", text: "   " },
  { name: "line separators and a byte order mark", text: "\u2028\u2029\ufeff\r\n\t" },
  { name: "SQL and markup", text: `'; DROP TABLE messages; -- <script>"\\` },
])("[SE8] $name arrives as it was sent", async ({ text }) => {
  const { a, b } = freshUsers();
  const [one, other] = [await connect(a, b), await connect(b, a)];
  expect(await one.say(text, { id: "i".repeat(64) })).toMatchObject({ type: "ack", id: "i".repeat(64) });
  expect((await other.first("message")).message.text).toBe(text);
  expect((await connect(b, a, 0)).all("message")[0]?.message.text).toBe(text);
  const page = await (await rest(b, a, "GET", "/messages?before=2")).json();
  expect(page).toMatchObject({ messages: [{ text }] });
});

test("[ER5] a frame of 65,536 bytes is read, one of 65,537 closes its socket with 4413, and nobody else's", async () => {
  for (const letter of ["x", "é"]) {
    const { a, b } = freshUsers();
    const [one, other] = [await connect(a, b), await connect(b, a)];
    one.sendRaw(paddedSend("fits", maxFrameBytes, letter));
    expect(await one.first("ack")).toMatchObject({ id: "fits", seq: 1 });
    one.sendRaw(paddedSend("over", maxFrameBytes + 1, letter));
    const { code, reason } = await one.closed();
    expect([code, reason.split(":")[0]]).toEqual([4413, "too_large"]);
    expect(await other.say("still here")).toMatchObject({ type: "ack", seq: 2 });
    expect(await texts(a, b)).toEqual(["hello", "still here"]);
  }
});

test("[ER5] a binary frame may be as long, and is bad_frame below", async () => {
  const { a, b } = freshUsers();
  const one = await connect(a, b);
  one.sendRaw(new Uint8Array(maxFrameBytes));
  expect(await one.first("error")).toMatchObject({ code: "bad_frame" });
  one.sendRaw(new Uint8Array(maxFrameBytes + 1));
  expect((await one.closed()).code).toBe(4413);
});

test("[ER4] nine bad frames in a row are endured, ten close the socket with 4400, and a good one counts anew", async () => {
  const { a, b } = freshUsers();
  const [one, other] = [await connect(a, b), await connect(b, a)];
  const sendBad = (count: number) => Array.from({ length: count }, () => one.sendRaw("bad"));
  sendBad(9);
  expect(await one.say("first")).toMatchObject({ type: "ack" });
  sendBad(9);
  expect(await one.say("second")).toMatchObject({ type: "ack" });
  expect(one.all("error")).toHaveLength(18);
  sendBad(10);
  one.send({ type: "send", id: "x", text: "behind them", after: 0 });
  const { code, reason } = await one.closed();
  expect([code, reason.split(":")[0]]).toEqual([4400, "bad_frame"]);
  expect(await other.say("still here")).toMatchObject({ type: "ack", seq: 3 });
  expect(await texts(a, b)).toEqual(["first", "second", "still here"]);
});

test("[SE2] bad frames amid good ones lose none of these and answer each", async () => {
  const { a, b } = freshUsers();
  const [one, other] = [await connect(a, b), await connect(b, a)];
  for (let nth = 1; nth <= 30; nth += 1) {
    one.sendRaw(badFrames[nth % badFrames.length]?.data ?? "");
    one.send({ type: "send", id: `id ${nth}`, text: `text ${nth}`, after: 0 });
    one.send({ type: "send", id: `empty ${nth}`, text: "" });
    one.send({ type: "read", seq: 1_000 });
  }
  await other.first("message", ({ message }) => message.seq === 30);
  await one.until(() => one.all("error").length === 90, "90 errors");
  const codes = (code: ErrorCode) => one.all("error").filter((error) => error.code === code).length;
  expect([codes("bad_frame"), codes("bad_text"), codes("out_of_range")]).toEqual([30, 30, 30]);
  expect(one.all("ack")).toHaveLength(30);
  const expected = Array.from({ length: 30 }, (_, index) => `text ${index + 1}`);
  expect(other.all("message").map(({ message }) => message.text)).toEqual(expected);
  expect(await texts(a, b)).toEqual(expected);
});

/** A good send of exactly so many bytes; a field that nobody knows fills it up. */
function paddedSend(id: string, bytes: number, letter: string): string {
  const frame = (padding: string) => JSON.stringify({ type: "send", id, text: "hello", padding });
  const missing = bytes - frame("").length;
  const letterBytes = new TextEncoder().encode(letter).length;
  return frame(letter.repeat(Math.floor(missing / letterBytes)) + "x".repeat(missing % letterBytes));
}

async function texts(a: string, b: string): Promise<string[]> {
  return (await recordRows(conversationOf(env, a, b))).map((row) => row.text);
}
