import { expect, onTestFinished, test, vi } from "vitest";
import { connect, deployWith, env, freshUsers, tokenFor } from "./clients.ts";
import { interceptD1 } from "./d1-calls.ts";
import { connectInbox, openInboxWith } from "./inbox-client.ts";
import { conversationOf, recordRows } from "./stored.ts";

const maxFrameBytes = 65_536;
/** Stands in every text that must not be told. */
const marker = "sesame-4711";

const badFrames: readonly { name: string; data: string | Uint8Array; id?: string; peer?: string }[] = [
  { name: "no JSON", data: "hello" },
  { name: "an array", data: "[]" },
  { name: "an unknown type", data: `{"type":"shout","peer":"bob","id":"x"}`, peer: "bob", id: "x" },
  { name: "a type of the server", data: `{"type":"summary","peer":"bob"}`, peer: "bob" },
  { name: "a send without a peer", data: `{"type":"send","id":"x","text":"hello"}`, id: "x" },
  { name: "a read without a peer", data: `{"type":"read","seq":1}` },
  { name: "a typing without a peer", data: `{"type":"typing","on":true}` },
  { name: "a sync without a peer", data: `{"type":"sync","after":0}` },
  { name: "an empty peer", data: `{"type":"send","peer":"","id":"x","text":"hello"}`, id: "x" },
  { name: "a peer that is a number", data: `{"type":"send","peer":1,"id":"x","text":"hello"}`, id: "x" },
  { name: "the peer ..", data: `{"type":"send","peer":"..","id":"x","text":"hello"}`, id: "x" },
  { name: "a peer beyond ASCII", data: `{"type":"send","peer":"böb","id":"x","text":"hello"}`, id: "x" },
  {
    name: "a peer of 129 characters",
    data: JSON.stringify({ type: "send", peer: "p".repeat(129), id: "x", text: "hello" }),
    id: "x",
  },
  { name: "a negative after", data: `{"type":"sync","peer":"bob","after":-1}`, peer: "bob" },
  { name: "a fraction as seq", data: `{"type":"read","peer":"bob","seq":0.5}`, peer: "bob" },
  { name: "a subscription to no list", data: `{"type":"subscribe","peers":"bob"}` },
  {
    name: "a subscription to 51 peers",
    data: JSON.stringify({ type: "subscribe", peers: Array.from({ length: 51 }, (_, nth) => `p${nth}`) }),
  },
  { name: "binary", data: new TextEncoder().encode(`{"type":"typing","peer":"bob","on":true}`) },
];

test.each(badFrames)("[IN10][ER4] $name is bad_frame, and the socket stays", async ({ data, id, peer }) => {
  const { a, b } = freshUsers();
  const alice = await connectInbox(a);
  alice.sendRaw(data);
  const error = await alice.first("error");
  expect([error.code, error.id, error.peer]).toEqual(["bad_frame", id, peer]);
  expect(await alice.say(b, "after it")).toMatchObject({ type: "ack", seq: 1 });
});

test.each([
  { type: "send", id: "x", text: "hello" },
  { type: "read", seq: 1 },
  { type: "delivered", seq: 1 },
  { type: "typing", on: true },
  { type: "sync", after: 0 },
])("[IN10][AD2] $type to oneself is bad_peer with the peer", async (frame) => {
  const { a, b } = freshUsers();
  const alice = await connectInbox(a);
  alice.send({ ...frame, peer: a });
  const error = await alice.first("error");
  expect(error).toMatchObject({ code: "bad_peer", peer: a, field: "peer" });
  expect(error.id).toBe("id" in frame ? frame.id : undefined);
  expect(await alice.say(b, "after it")).toMatchObject({ type: "ack" });
});

test.each([
  { name: "an empty text", text: "" },
  { name: "16,385 bytes", text: "x".repeat(16_385) },
  { name: "a U+0000", text: "a\u0000b" },
  { name: "a lone surrogate", text: "a\ud83d" },
])("[IN10][SE8] $name is bad_text, and its id stays free", async ({ text }) => {
  const { a, b } = freshUsers();
  const alice = await connectInbox(a);
  const refused = await alice.say(b, text, { id: "x" });
  expect(refused).toMatchObject({ type: "error", code: "bad_text", id: "x", peer: b, field: "text" });
  expect(await alice.say(b, "x".repeat(16_384), { id: "x" })).toMatchObject({ type: "ack", seq: 1 });
});

test("[IN10][MK1] a mark or an after beyond the head is out_of_range, of the peer that it named", async () => {
  const { a, b } = freshUsers();
  const alice = await connectInbox(a);
  await alice.say(b, "hello");
  for (const frame of [
    { type: "read", peer: b, seq: 2 },
    { type: "delivered", peer: b, seq: 2 },
    { type: "send", peer: b, id: "x", text: "hello", after: 9 },
  ]) {
    const from = alice.frames.length;
    alice.send(frame);
    expect(await alice.answer(from)).toMatchObject({ type: "error", code: "out_of_range", peer: b });
  }
  expect((await (await connect(a, b)).first("ready")).read).toEqual({ you: 0, peer: 0 });
});

test("[IN10][ER5] a frame of 65,537 bytes closes its socket with 4413, and no other of the user", async () => {
  const { a, b } = freshUsers();
  const [phone, tablet] = [await connectInbox(a), await connectInbox(a)];
  phone.sendRaw(paddedSend(b, maxFrameBytes));
  expect(await phone.first("ack")).toMatchObject({ peer: b, seq: 1 });
  phone.sendRaw(paddedSend(b, maxFrameBytes + 1));
  expect((await phone.closed()).code).toBe(4413);
  expect(await tablet.say(b, "still here")).toMatchObject({ type: "ack", seq: 2 });
});

test("[IN10][ER4] ten bad frames in a row close the socket with 4400, nine do not, and a good one counts anew", async () => {
  const { a, b } = freshUsers();
  const alice = await connectInbox(a);
  const sendBad = (count: number) => Array.from({ length: count }, () => alice.sendRaw("bad"));
  sendBad(9);
  expect(await alice.say(b, "first")).toMatchObject({ type: "ack" });
  sendBad(9);
  expect(await alice.say(b, "second")).toMatchObject({ type: "ack" });
  sendBad(10);
  alice.send({ type: "send", peer: b, id: "x", text: "behind them" });
  expect((await alice.closed()).code).toBe(4400);
  const rows = await recordRows(conversationOf(env, a, b));
  expect(rows.map(({ text }) => text)).toEqual(["first", "second"]);
});

test(
  "[IN11] beyond its frames for all conversations together a user is rate_limited on every socket, and what was refused is not stored",
  { timeout: 30_000 },
  async () => {
    deployWith({ RATE_LIMIT_PER_SECOND: "1", RATE_LIMIT_BURST: "2" });
    const clock = stoppedClock();
    const { a, b } = freshUsers();
    const [phone, tablet] = [await connectInbox(a), await connectInbox(a)];
    const { limits } = await phone.first("ready");
    expect([limits.inboxFramesPerSecond, limits.inboxFrameBurst]).toEqual([20, 100]);
    for (let nth = 1; nth <= 101; nth += 1) {
      phone.send({ type: "typing", peer: `${b}-${nth}`, on: true });
    }
    expect(await phone.first("error")).toMatchObject({ code: "rate_limited", peer: `${b}-101` });
    const refused = await tablet.say(b, "too much", { id: "x" });
    expect(refused).toMatchObject({ code: "rate_limited", id: "x", peer: b, retryAfterMs: 50 });
    expect(await recordRows(conversationOf(env, a, b))).toEqual([]);
    clock.advance(50);
    expect(await tablet.say(b, "too much", { id: "x" })).toMatchObject({ type: "ack", id: "x", seq: 1 });
    expect(phone.all("error")).toHaveLength(1);
  },
);

test("[IN11] a subscription counts each of its new peers, and once more for itself", async () => {
  deployWith({ RATE_LIMIT_PER_SECOND: "1", RATE_LIMIT_BURST: "2" });
  stoppedClock();
  const { a, b } = freshUsers();
  const phone = await connectInbox(a);
  phone.send({ type: "subscribe", peers: Array.from({ length: 50 }, (_, nth) => `${b}-${nth}`) });
  for (let nth = 1; nth <= 50; nth += 1) {
    phone.send({ type: "typing", peer: `${b}-${nth}`, on: true });
  }
  // 1 + 50 + 49 of the 100 that may be sent at once.
  expect(await phone.first("error")).toMatchObject({ code: "rate_limited", peer: `${b}-50` });
  expect(phone.all("error")).toHaveLength(1);
});

test("[IN11][SE9] in one conversation a user may send no more over the inbox socket than over its own", async () => {
  deployWith({ RATE_LIMIT_PER_SECOND: "1", RATE_LIMIT_BURST: "3" });
  const { a, b } = freshUsers();
  const [alice, open] = [await connectInbox(a), await connect(a, b)];
  await alice.say(b, "one");
  await open.say("two");
  await alice.say(b, "three");
  expect(await alice.say(b, "four")).toMatchObject({ code: "rate_limited", peer: b });
  expect(await alice.say(`${b}-2`, "to another")).toMatchObject({ type: "ack" });
});

test("[IN10][ER6] no error, close or log line tells a text, a token or what D1 said", async () => {
  const lines = loggedLines();
  const { a, b } = freshUsers();
  onTestFinished(
    interceptD1(env.DB, () => Promise.reject(new Error(`D1_ERROR: SELECT '${marker}': SQLITE_BUSY`))),
  );
  const alice = await openInboxWith(await tokenFor(a));
  await alice.first("ready");
  await alice.say(b, marker, { id: "x" });
  await alice.say(b, `${marker}-other`, { id: "x" });
  alice.sendRaw(marker);
  alice.send({ type: "send", peer: b, id: marker, text: 1 });
  alice.send({ type: "send", peer: b, id: "y", text: `${marker}\u0000` });
  alice.send({ type: "subscribe", peers: [b] });
  await alice.until(() => alice.all("error").length === 5, "five errors");
  alice.send({ type: "auth", token: marker });
  const { code, reason } = await alice.closed();
  expect(code).toBe(4401);
  const errors = alice.all("error").map((error) => JSON.stringify({ ...error, id: "" }));
  for (const told of [...errors, reason, ...lines()]) {
    expect(told).not.toMatch(/sesame|eyJ|D1_ERROR|SQLITE|SELECT| at .*:\d+/);
  }
});

/** A clock that stands still unless it is moved. To be made before the objects start. */
function stoppedClock(): { readonly advance: (ms: number) => void } {
  let nowMs = Date.now();
  const spy = vi.spyOn(Date, "now").mockImplementation(() => nowMs);
  onTestFinished(() => spy.mockRestore());
  return {
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

/** A good send of exactly so many bytes; a field that nobody knows fills it up. */
function paddedSend(peer: string, bytes: number): string {
  const frame = (padding: string) => JSON.stringify({ type: "send", peer, id: "x", text: "hello", padding });
  return frame("x".repeat(bytes - frame("").length));
}

function loggedLines(): () => string[] {
  const spies = (["debug", "log", "info", "warn", "error"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation(() => {}),
  );
  onTestFinished(() => spies.forEach((spy) => spy.mockRestore()));
  return () => spies.flatMap((spy) => spy.mock.calls.map((values) => values.map(String).join(" ")));
}
