import { runInDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  connect,
  controlledClock,
  deployWith,
  env,
  freshUsers,
  rest,
  tokenFor,
  tokenWith,
  nowSeconds,
} from "./clients.ts";
import { connectInbox, inboxOf } from "./inbox-client.ts";
import { connectSocketIo, connectWith, sessionOf } from "./socket-io-client.ts";
import { conversationOf, recordRows } from "./stored.ts";
import { nameUser } from "./users.ts";

/** Two users of the replaced app: their ids are numbers. */
function numberedUsers() {
  const one = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return { a: String(one), b: String(one + 4_294_967_296), aNumber: one, bNumber: one + 4_294_967_296 };
}

test("[RA1][RA3][SI5][SI7] a message sent in any way arrives in all of them, in one order", async () => {
  const { a, b, aNumber, bNumber } = numberedUsers();
  const sender = await connectSocketIo(a);
  const receiver = await connectSocketIo(b);
  const otherOfSender = await connectSocketIo(a);
  const socket = await connect(b, a);
  const inbox = await connectInbox(b);

  expect(await sender.call("private_dm", { content: "one", receiver_id: bNumber })).toEqual([]);
  const [answer] = await sender.call("send", { peer: b, text: "two" });
  expect(answer).toMatchObject({ ok: true, seq: 2, rev: 2 });
  await socket.say("three");
  await inbox.say(a, "four");
  await rest(b, a, "POST", "/messages", { id: "5", text: "five" });

  const texts = ["one", "two", "three", "four", "five"];
  await receiver.event("private_dm", ({ content }) => content === "five");
  await otherOfSender.event("private_dm", ({ content }) => content === "five");
  for (const client of [receiver, otherOfSender]) {
    const dms = client.events("private_dm");
    expect(dms.map(({ content, seq }) => [content, seq])).toEqual(
      texts.map((text, index) => [text, index + 1]),
    );
    expect(dms[0]).toEqual({
      content: "one",
      sender_id: aNumber,
      receiver_id: bNumber,
      seq: 1,
      rev: 1,
      id: expect.any(String),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(dms[2]).toMatchObject({ sender_id: bNumber, receiver_id: aNumber });
    expect(client.events("message").map(({ message }) => (message as { text: string }).text)).toEqual(texts);
  }
  await sender.event("private_dm", ({ content }) => content === "five");
  expect(sender.events("private_dm").map(({ content }) => content)).toEqual(["three", "four", "five"]);
  expect(inbox.texts).toEqual(texts);
  expect(socket.all("message").map(({ message }) => message.text)).toEqual(texts);
  expect(JSON.stringify([...inbox.received, ...socket.received])).not.toContain("isNew");
});

test("[RA1][IN5] the acknowledgement comes after the message is everywhere on the sender's side", async () => {
  const { a, b } = freshUsers();
  const sender = await connectSocketIo(a);
  const [answer] = await sender.call("send", { id: "first", peer: b, text: "hi" });
  expect(answer).toEqual({ ok: true, id: "first", seq: 1, rev: 1, createdAt: expect.any(Number) });
  const kinds = sender.packets.map((packet) => packet.slice(0, 12));
  expect(kinds.indexOf('42["message"')).toBeLessThan(kinds.findIndex((kind) => kind.startsWith("430")));
});

test("[RA1][RA4] a failure is one error object and an event, never a bare success", async () => {
  const { a, b } = freshUsers();
  const sender = await connectSocketIo(a);
  const cases = [
    [{ content: "x", receiver_id: a }, "bad_peer", "receiver_id"],
    [{ content: "", receiver_id: b }, "bad_text", "content"],
    [{ content: "x".repeat(16_385), receiver_id: b }, "bad_text", "content"],
    [{ content: "x" }, "bad_frame", undefined],
    [{ content: "x", receiver_id: 1.5 }, "bad_frame", undefined],
  ] as const;
  for (const [value, code, field] of cases) {
    const answer = await sender.call("private_dm", value);
    expect(answer).toEqual([
      { ok: false, code, message: expect.any(String), ...(field !== undefined && { field }) },
    ]);
    expect(sender.events("error_dm").at(-1)).toEqual(answer[0]);
  }
  expect(await sender.call("private_dm", { content: "x".repeat(16_384), receiver_id: b })).toEqual([]);
  await rest(b, a, "PUT", "/block");
  expect(await sender.call("private_dm", { content: "x", receiver_id: b })).toMatchObject([
    { code: "blocked" },
  ]);
});

test("[RA2] a token beside a message speaks for nobody but the connection's user, and goes nowhere", async () => {
  const { a, b } = freshUsers();
  const sender = await connectSocketIo(a);
  const receiver = await connectSocketIo(b);
  const own = await tokenFor(a);
  const logged = (["log", "info", "warn", "error"] as const).map((level) => vi.spyOn(console, level));
  onTestFinished(() => logged.forEach((spy) => spy.mockRestore()));
  const send = async (token: string) =>
    sender.call("private_dm", { content: "hi", receiver_id: b, auth_token: token });

  expect(await send(await tokenFor(b))).toMatchObject([
    { ok: false, code: "unauthorized", field: "auth_token" },
  ]);
  expect(await send("nonsense")).toMatchObject([{ ok: false, code: "unauthorized" }]);
  expect(await send(await tokenWith({ sub: a, exp: nowSeconds() - 60 }))).toMatchObject([
    { code: "token_expired" },
  ]);
  expect(await send(own)).toEqual([]);
  expect(await send(`Bearer ${own}`)).toEqual([]);
  await receiver.event("private_dm", ({ seq }) => seq === 2);
  expect(receiver.events("private_dm")).toHaveLength(2);
  const stored = await Promise.all(
    [sessionOf(await sender.sid()), inboxOf(a), inboxOf(b), conversationOf(env, a, b)].map(async (stub) =>
      runInDurableObject(stub, async (_, { storage }) => [...(await storage.list()).values()]),
    ),
  );
  const everything = [
    receiver.packets,
    logged.flatMap((spy) => spy.mock.calls),
    stored,
    await recordRows(conversationOf(env, a, b)),
  ];
  expect(JSON.stringify(everything)).not.toContain(own.split(".")[2]);
});

const connectByMail = async (user: string) =>
  connectWith({ Authorization: await tokenFor(`${user}@mail.example`) }, "/ws/sockets.io/");

test("[RA5][US6] a client of the replaced app, whose token has an e-mail address and whose peers are numbers, needs no change", async () => {
  deployWith({ ALIASES: "on" });
  const { a, b, aNumber, bNumber } = numberedUsers();
  await nameUser(a, { aliases: [`${a}@mail.example`] });
  await nameUser(b, { aliases: [`${b}@mail.example`] });
  const sender = await connectByMail(a);
  const receiver = await connectByMail(b);
  await receiver.event("ready");
  const token = await tokenFor(`${a}@mail.example`);
  const answer = await sender.call("private_dm", { content: "hi", receiver_id: bNumber, auth_token: token });
  expect(answer).toEqual([]);
  expect(await receiver.event("private_dm")).toMatchObject({
    content: "hi",
    sender_id: aNumber,
    receiver_id: bNumber,
  });
});

test("[RA3] only new messages are told as such: no edit, reaction or deletion, and none twice", async () => {
  const { a, b } = freshUsers();
  const receiver = await connectSocketIo(b);
  const sender = await connectSocketIo(a);
  await sender.call("send", { id: "m", peer: b, text: "first" });
  await sender.call("send", { id: "m", peer: b, text: "first" });
  await sender.call("edit", { id: "e", peer: b, seq: 1, text: "changed" });
  await receiver.call("react", { id: "r", peer: a, seq: 1, emoji: "👍", on: true });
  await receiver.call("react", { id: "s", peer: a, seq: 1, emoji: "👍", on: false });
  const newcomer = await connectSocketIo(b);
  await sender.call("edit", { id: "f", peer: b, seq: 1, text: "changed again" });
  await sender.call("delete", { id: "d", peer: b, seq: 1 });
  await sender.call("send", { id: "n", peer: b, text: "second" });
  await receiver.event("private_dm", ({ seq }) => seq === 2);
  expect(receiver.events("private_dm").map(({ content }) => content)).toEqual(["first", "second"]);
  expect(receiver.events("message")).toHaveLength(7);
  await newcomer.event("private_dm", ({ seq }) => seq === 2);
  expect(newcomer.events("private_dm").map(({ content }) => content)).toEqual(["second"]);
});

test("[SI5][SI6] sync, history, marks and the like answer with what they brought about", async () => {
  const { a, b } = freshUsers();
  const one = await connectSocketIo(a);
  const other = await connectSocketIo(b);
  for (const text of ["1", "2", "3"]) {
    await one.call("send", { peer: b, text });
  }
  const [page] = await other.call("history", { peer: a, before: 3, limit: 1 });
  expect(page).toMatchObject({ ok: true, messages: [{ text: "2" }], hasMore: true, head: 3, rev: 3 });
  expect(await other.call("delivered", { peer: a, seq: 3 })).toEqual([{ ok: true }]);
  expect(await other.call("read", { peer: a, seq: 2 })).toEqual([{ ok: true }]);
  expect(await other.call("typing", { peer: a, on: true })).toEqual([{ ok: true }]);
  await one.event("typing");
  const late = await connectSocketIo(b);
  const [synced] = await late.call("sync", { peer: a, after: 1 });
  expect(synced).toMatchObject({ ok: true, head: 3, rev: 3, read: { you: 2 }, delivered: { you: 3 } });
  expect(late.events("message").map(({ message }) => (message as { text: string }).text)).toEqual(["2", "3"]);
  expect(late.events("private_dm")).toEqual([]);
  expect(late.events("synced")).toHaveLength(1);
  expect(await late.call("sync", { peer: a, after: 9 })).toMatchObject([{ ok: true }]);
  expect(late.events("reset")).toHaveLength(1);
  expect(await late.call("subscribe", { peers: [a] })).toEqual([{ ok: true }]);
});

test("[SI6][SI8] what is refused says so, by its acknowledgement or as an event, and ten faults in a row end it", async () => {
  const { a, b } = freshUsers();
  const client = await connectSocketIo(a);
  expect(await client.call("nonsense", {})).toEqual([
    { ok: false, code: "bad_frame", message: "there is no event of this name" },
  ]);
  expect(await client.call("send", { peer: b })).toMatchObject([{ ok: false, code: "bad_frame" }]);
  expect(await client.call("send", { peer: a, text: "x" })).toMatchObject([
    { ok: false, code: "bad_peer", field: "peer" },
  ]);
  client.send(`42["read",{"peer":"${b}","seq":5}]`);
  expect(await client.event("error")).toMatchObject({ code: "out_of_range", event: "read", peer: b });
  client.send(`451-7["send",{"peer":"${b}","text":"x","data":{"bytes":{"_placeholder":true,"num":0}}}]`);
  client.send(new Uint8Array([1, 2, 3]));
  expect(await client.packet("437")).toContain("a message carries no bytes");
  expect(await client.call("send", { peer: b, text: "still here" })).toMatchObject([{ ok: true, seq: 1 }]);
  for (let fault = 0; fault < 9; fault += 1) {
    await client.call("nonsense", {});
  }
  expect(await client.call("typing", { peer: b, on: true })).toEqual([{ ok: true }]);
  for (let fault = 0; fault < 10; fault += 1) {
    client.send('42["nonsense",{}]');
  }
  expect(await client.closed()).toBe(1000);
});

test("[SI9][SO5] a fresh token keeps the connection, another user's ends it, and an expired one does with its code", async () => {
  const letPass = controlledClock();
  const { a, b } = freshUsers();
  const client = await connectWith({ token: await tokenFor(a, 60) });
  expect(await client.call("auth", { token: await tokenFor(a, 600) })).toEqual([{ ok: true }]);
  letPass(120);
  expect(await client.call("send", { peer: b, text: "still here" })).toMatchObject([{ ok: true }]);
  letPass(600);
  client.send(`42["send",{"peer":"${b}","text":"too late"}]`);
  expect(await client.closed()).toBe(1000);
  expect(client.events("error").at(-1)).toMatchObject({ code: "token_expired" });

  const another = await connectWith({ token: await tokenFor(a) });
  expect(await another.call("auth", { token: await tokenFor(b) })).toMatchObject([
    { ok: false, code: "unauthorized" },
  ]);
  await another.closed();
});

test("[SI9][SO7] a device too many takes the stalest one's place, which is told not to come back", async () => {
  const { a } = freshUsers();
  const first = await connectSocketIo(a);
  const others = await Promise.all(Array.from({ length: 19 }, async () => connectSocketIo(a)));
  expect(first.packets.some((packet) => packet === "41")).toBe(false);
  await connectSocketIo(a);
  expect(await Promise.race([first, ...others].map(async (client) => client.packet("41")))).toBe("41");
});
