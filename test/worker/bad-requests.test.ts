import { expect, test } from "vitest";
import { pageSchema, sendAnswerSchema } from "../../src/protocol/rest.ts";
import {
  connect,
  conversationUrl,
  env,
  freshUsers,
  origin,
  problemOf,
  rest,
  tokenFor,
  worker,
} from "./clients.ts";
import { conversationOf, recordRows } from "./stored.ts";

const maxBodyBytes = 65_536;
const encoder = new TextEncoder();

test.each([
  ["before", "0"],
  ["before", "-1"],
  ["before", "1.5"],
  ["before", "abc"],
  ["before", ""],
  ["before", "1e2"],
  ["before", "0x10"],
  ["before", "+1"],
  ["before", "9007199254740992"],
  ["before", "99999999999999999999"],
  ["after", "-1"],
  ["after", "1.5"],
  ["after", "abc"],
  ["after", ""],
  ["after", "9007199254740992"],
  ["limit", "0"],
  ["limit", "-1"],
  ["limit", "101"],
  ["limit", "1.5"],
  ["limit", "many"],
  ["rev", "-1"],
  ["rev", "x"],
  ["rev", "9007199254740992"],
])("[HI5] a page with %s=%s is 400 out_of_range and names the field", async (field, value) => {
  const { a, b } = freshUsers();
  const response = await rest(a, b, "GET", `/messages?${field}=${encodeURIComponent(value)}`);
  expect(response.status).toBe(400);
  const problem = await problemOf(response);
  expect(problem).toMatchObject({ code: "out_of_range", field });
  expect(problem.detail).toContain(field);
});

test.each([
  ["GET", "/messages?after=1&after=2", "after"],
  ["GET", "/messages?before=3&limit=1&before=3", "before"],
  ["DELETE", "/messages/1?id=one&id=other", "id"],
])(
  "[HI5] %s %s, which gives a field twice, is 400 out_of_range and names the field",
  async (method, path, field) => {
    const { a, b } = freshUsers();
    await rest(a, b, "POST", "/messages", { id: "1", text: "there" });
    const response = await rest(a, b, method, path);
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "out_of_range", field });
    expect((await rest(a, b, "GET", "/messages?limit=1&other=1&other=2")).status).toBe(200);
  },
);

test("[HI5] a page both below before and above after is 400 out_of_range and names after", async () => {
  const { a, b } = freshUsers();
  for (const query of ["before=2&after=1", "after=0&before=1", "before=1&after=1&limit=1&rev=0"]) {
    const response = await rest(a, b, "GET", `/messages?${query}`);
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "out_of_range", field: "after" });
  }
});

test("[HI5] both ends of each range are fine", async () => {
  const { a, b } = freshUsers();
  const one = await connect(a, b);
  await one.say("first");
  await one.say("second");
  for (const [query, expected] of [
    ["before=1", []],
    ["before=2", ["first"]],
    ["before=9007199254740991", ["first", "second"]],
    ["after=0", ["first", "second"]],
    ["after=0&limit=1", ["first"]],
    ["after=1", ["second"]],
    ["after=2", []],
    ["after=9007199254740991", []],
    ["limit=1", ["second"]],
    ["limit=100", ["first", "second"]],
    ["rev=0&before=3", ["first", "second"]],
    ["rev=9007199254740991&before=3", ["first", "second"]],
    ["color=red", ["first", "second"]],
  ] as const) {
    const response = await rest(b, a, "GET", `/messages?${query}`);
    expect([query, response.status]).toEqual([query, 200]);
    const { messages } = pageSchema.parse(await response.json());
    expect(messages.map(({ text }) => text)).toEqual(expected);
  }
});

const badSends = [
  { name: "no body", body: undefined },
  { name: "an empty body", body: "" },
  { name: "no JSON", body: "hello" },
  { name: "cut off JSON", body: `{"id":"x","text":"hel` },
  { name: "a string", body: `"hello"` },
  { name: "null", body: "null" },
  { name: "an array", body: `[{"id":"x","text":"hello"}]` },
  { name: "no id", body: `{"text":"hello"}`, field: "id" },
  { name: "no text", body: `{"id":"x"}`, field: "text" },
  { name: "an empty id", body: `{"id":"","text":"hello"}`, field: "id" },
  { name: "an id of 65 characters", body: `{"id":"${"i".repeat(65)}","text":"hello"}`, field: "id" },
  { name: "a text that is a number", body: `{"id":"x","text":1}`, field: "text" },
  { name: "a negative after", body: `{"id":"x","text":"hello","after":-1}`, field: "after" },
  { name: "a huge after", body: `{"id":"x","text":"hello","after":1e300}`, field: "after" },
] as const;

test.each(badSends)("[ER3] a posted message with $name is 400 bad_request and not stored", async (sent) => {
  const { a, b } = freshUsers();
  const response = await rest(a, b, "POST", "/messages", sent.body);
  expect(response.status).toBe(400);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = await problemOf(response);
  expect(problem.code).toBe("bad_request");
  expect("field" in sent ? problem.field : "").toBe("field" in sent ? sent.field : "");
  expect(await texts(a, b)).toEqual([]);
});

test("[ER3][SE8] a body that is not UTF-8 is refused, not mended", async () => {
  const { a, b } = freshUsers();
  const body = encoder.encode(`{"id":"x","text":"caf?"}`);
  body[body.indexOf("?".charCodeAt(0))] = 0xe9;
  const response = await post(a, b, body);
  expect(response.status).toBe(400);
  expect(await problemOf(response)).toMatchObject({ code: "bad_request" });
  expect(await texts(a, b)).toEqual([]);
});

test.each([`{"seq":-1}`, `{"seq":1.5}`, `{"seq":"1"}`, `{"seq":9007199254740992}`, `{}`])(
  "[ER3] the read mark %s is 400 bad_request and moves nothing",
  async (body) => {
    const { a, b } = freshUsers();
    const one = await connect(a, b);
    await one.say("first");
    const response = await rest(b, a, "PUT", "/read", body);
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ code: "bad_request", field: "seq" });
    expect((await connect(b, a)).frames).toMatchObject([{ read: { you: 0 } }]);
  },
);

test("[ER5] a body of 65,536 bytes is read, one of 65,537 is 413, in one piece or streamed", async () => {
  const { a, b } = freshUsers();
  for (const [nth, letter] of ["x", "é"].entries()) {
    const fits = await post(a, b, paddedBody(`fits ${nth}`, maxBodyBytes, letter));
    expect(fits.status).toBe(201);
    expect(sendAnswerSchema.parse(await fits.json())).toMatchObject({ id: `fits ${nth}` });
    const over = paddedBody(`over ${nth}`, maxBodyBytes + 1, letter);
    for (const body of [over, streamed(over, 1_000)]) {
      const response = await post(a, b, body);
      expect(response.status).toBe(413);
      expect(await problemOf(response)).toMatchObject({ code: "too_large" });
    }
  }
  expect((await post(a, b, streamed(paddedBody("streamed", maxBodyBytes, "é"), 999))).status).toBe(201);
  expect(await texts(a, b)).toEqual(["hello", "hello", "hello"]);
});

test("[ER5] a body without end is given up at the limit", async () => {
  const { a, b } = freshUsers();
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulled += 1;
      controller.enqueue(new Uint8Array(16_384).fill(32));
    },
  });
  expect((await post(a, b, endless)).status).toBe(413);
  expect(pulled).toBeLessThan(20);
});

test("[ER6] no answer repeats a token, a text or a statement", async () => {
  const { a, b } = freshUsers();
  const marker = "sesame-4711";
  const bad = [
    await worker.fetch(conversationUrl(b), { headers: { authorization: `Bearer ${marker}` } }),
    await rest(a, b, "POST", "/messages", { id: marker.repeat(9), text: marker }),
    await rest(a, b, "POST", "/messages", { id: "x", text: `${marker}\u0000` }),
    await rest(a, b, "POST", "/messages", marker),
    await rest(a, b, "GET", `/messages?limit=${marker}`),
    await worker.fetch(`${origin}/${marker}`, { headers: { authorization: `Bearer ${await tokenFor(a)}` } }),
  ];
  for (const response of bad) {
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.text()).not.toContain(marker);
  }
});

async function post(
  user: string,
  peer: string,
  body: Uint8Array | ReadableStream<Uint8Array>,
): Promise<Response> {
  const headers = { authorization: `Bearer ${await tokenFor(user)}`, "content-type": "application/json" };
  return worker.fetch(conversationUrl(peer, "/messages"), { method: "POST", headers, body });
}

/** A good send of exactly so many bytes; a field that nobody knows fills it up. */
function paddedBody(id: string, bytes: number, letter: string): Uint8Array {
  const body = (padding: string) => encoder.encode(JSON.stringify({ id, text: "hello", padding }));
  const missing = bytes - body("").length;
  const letterBytes = encoder.encode(letter).length;
  return body(letter.repeat(Math.floor(missing / letterBytes)) + "x".repeat(missing % letterBytes));
}

/** The bytes in pieces, which cut characters in two. */
function streamed(bytes: Uint8Array, pieceBytes: number): ReadableStream<Uint8Array> {
  let from = 0;
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      controller.enqueue(bytes.slice(from, from + pieceBytes));
      from += pieceBytes;
      if (from >= bytes.length) {
        controller.close();
      }
    },
  });
}

async function texts(a: string, b: string): Promise<string[]> {
  return (await recordRows(conversationOf(env, a, b))).map((row) => row.text);
}
