// The journeys that run in `npm test`: they need no browser.
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { io } from "socket.io-client";
import { expect, test } from "vitest";
import {
  alice,
  archived,
  blockedByAlice,
  longCount,
  longstanding,
  peerNamed,
  type Member,
} from "./support/cast.ts";
import { pastCount } from "./support/past.ts";
import { until } from "./support/rest.ts";
import type { Sdk } from "./support/sdk.ts";
import { journeyServer } from "./support/server.ts";
import { shortToken } from "./support/tokens.ts";

const server = journeyServer();
const dayMs = 86_400_000;

const isOpen = (app: Sdk.Client) => app.connection.value.state === "open";
const listed = (app: Sdk.Client, { id }: Member) => app.conversations.value.find(({ peer }) => peer === id);
const lastTexts = async (of: Member, count: number) =>
  (await server().rest(of).texts(alice.id)).slice(-count);

/** The texts of new messages from one user, as an app hears of them. */
function heardFrom(app: Sdk.Client, { id }: Member): readonly string[] {
  const heard: string[] = [];
  app.on("message", ({ peer, message, isNew }) => isNew && peer === id && heard.push(message.text));
  return heard;
}

test("[CL4] writes to Bob, who is in the list already, as the first thing the app does", async () => {
  const bob = peerNamed("Bob Marsh");
  const app = server().app(alice);
  await app.conversation(bob.id).send("Are you there?");
  expect(await lastTexts(bob, 1)).toEqual(["Are you there?"]);
});

test("[CL8] starts the app with yesterday's outbox while another conversation is open", async () => {
  const dana = peerNamed("Dana Reyes");
  const storage = server().sdk.memoryStorage();
  const texts = ["On my way", "The train is late", "Save me a seat"];
  for (const [index, text] of texts.entries()) {
    const id = randomUUID();
    const createdAt = Date.now() - dayMs + index;
    await storage.put({ id, peer: dana.id, order: index + 1, createdAt, frame: { type: "send", id, text } });
  }
  const app = server().app(alice, { storage });
  app.conversation(peerNamed("Erik Lund").id).messages.subscribe(() => {});
  await until("emptied", async () => (await storage.load()).length === 0);
  expect(await lastTexts(dana, 3)).toEqual(texts);
});

test("[CL4] writes on a phone whose first connection dies before the server answers", async () => {
  const fatima = peerNamed("Fatima Noor");
  const network = await server().network();
  network.goSilent();
  const app = server().app(alice, { url: network.url });
  const sending = app.conversation(fatima.id).send("Can you hear me?");
  await until("connecting", () => app.connection.value.state === "connecting");
  await wait(500);
  network.restore();
  await sending;
  expect(await lastTexts(fatima, 1)).toEqual(["Can you hear me?"]);
});

test("[CL16] hears of everything that a new user wrote while the network was away", async () => {
  const newcomer = { id: `new-${randomUUID()}`, name: "Nora" };
  const network = await server().network();
  const app = server().app(alice, { url: network.url });
  const heard = heardFrom(app, newcomer);
  await until("open", () => isOpen(app));
  network.cut();
  await until("cut off", () => !isOpen(app));
  for (const text of ["Hi Alice", "I am new here"]) {
    await server().rest(newcomer).send(alice.id, text);
  }
  network.restore();
  await until("open again", () => isOpen(app));
  await until("heard of two", () => heard.length >= 2);
  await server().rest(newcomer).send(alice.id, "Are you around?");
  await until("heard of three", () => heard.length >= 3);
  expect(heard).toEqual(["Hi Alice", "I am new here", "Are you around?"]);
});

test("[CL16] hears of what somebody far down the list wrote while the network was away", async () => {
  const freya = peerNamed("Freya Dahl");
  const network = await server().network();
  const app = server().app(alice, { url: network.url });
  const heard = heardFrom(app, freya);
  await until("open", () => isOpen(app));
  expect(app.conversations.value.some(({ peer }) => peer === freya.id)).toBe(false);
  network.cut();
  await until("cut off", () => !isOpen(app));
  await server().rest(freya).send(alice.id, "Long time no see");
  network.restore();
  await until("heard", () => heard.length > 0);
  await server().rest(freya).send(alice.id, "Coffee?");
  await until("heard again", () => heard.length > 1);
  expect(heard).toEqual(["Long time no see", "Coffee?"]);
});

test("[CL25] saves an edit on the laptop that was begun before the phone's newer one", async () => {
  const george = peerNamed("George Blake");
  const [laptop, phone] = [server().app(alice), server().app(alice)];
  const { seq } = await laptop.conversation(george.id).send("meet at 7");
  const onLaptop = laptop.conversation(george.id);
  onLaptop.messages.subscribe(() => {});
  const shown = () => onLaptop.messages.value.find((message) => message.seq === seq);
  await until("shown", () => shown() !== undefined);
  const begun = shown();
  await phone.conversation(george.id).edit(seq, "meet at 9");
  await until("shown on the laptop", () => shown()?.text === "meet at 9");
  const saving = onLaptop.edit(seq, "meet at 8", { after: begun?.seq === undefined ? 0 : begun.rev });
  await expect(saving).rejects.toMatchObject({ code: "superseded" });
  expect(await lastTexts(george, 1)).toEqual(["meet at 9"]);
});

test("[SE4] a bot that never sends `after` writes into the conversation of 20,000 messages", async () => {
  const answer = await server().rest(alice).trySend(longstanding.id, "The report is ready");
  expect(answer).toMatchObject({ status: 201, body: { seq: longCount + 1 } });
});

test.each(["polling", "websocket"])(
  "[SI4] a script emits ten messages by %s and disconnects right behind them",
  async (transport) => {
    const reader = peerNamed(transport === "polling" ? "Hana Sato" : "Ivan Petrov");
    const auth = { token: await server().place.token(alice.id) };
    const texts = Array.from({ length: 10 }, (_, index) => `line ${index + 1} of the report`);
    const socket = io(server().url, { auth, transports: [transport], forceNew: true });
    await new Promise<void>((resolve) => socket.on("connect", resolve));
    texts.forEach((content) => socket.emit("private_dm", { content, receiver_id: reader.id }));
    socket.disconnect();
    await until("stored", async () => (await lastTexts(reader, 1))[0] === texts.at(-1));
    expect((await server().rest(reader).texts(alice.id)).slice(pastCount(reader))).toEqual(texts);
  },
);

test("[CL9] talks on past the end of a token, which the app renews", async () => {
  const julia = peerNamed("Julia Weiss");
  let tokens = 0;
  let expiresAtMs = 0;
  const token = async () => {
    tokens += 1;
    const made = await shortToken(server().place, alice, 5);
    expiresAtMs = tokens === 1 ? made.expiresAtMs : expiresAtMs;
    return made.token;
  };
  const app = server().app(alice, { token });
  await until("open", () => isOpen(app));
  await until("past the first token's end", () => Date.now() > expiresAtMs + 1_000);
  await app.conversation(julia.id).send("Still here");
  expect(tokens).toBeGreaterThan(1);
  expect(await lastTexts(julia, 1)).toEqual(["Still here"]);
});

test("[CL23] starts an app with a wrong setting and reads at once what is wrong", () => {
  const { createClient } = server().sdk;
  const token = () => server().place.token(alice.id);
  expect(() => createClient({ url: "dm.example.com", token })).toThrow(/url/);
  expect(() => createClient({ url: server().url, token: "abc" as never })).toThrow(/token/);
  const app = server().app(alice);
  expect(() => app.conversation(undefined as never)).toThrow(/peer|id/);
});

test("[BL1] lifts a block of last year, and what the other writes arrives", async () => {
  const app = server().app(alice);
  await until("listed as blocked", () => listed(app, blockedByAlice)?.blocked === true);
  const before = await server().rest(blockedByAlice).trySend(alice.id, "Hello?");
  await app.conversation(blockedByAlice.id).block(false);
  await server().rest(blockedByAlice).send(alice.id, "Thank you");
  expect(before).toMatchObject({ status: 403, body: { code: "blocked" } });
  await until("arrived", () => listed(app, blockedByAlice)?.last?.text === "Thank you");
  expect(await lastTexts(blockedByAlice, 1)).toEqual(["Thank you"]);
});

test("[LS9] an archived conversation comes back into the list when somebody writes in it", async () => {
  const app = server().app(alice);
  await until("open", () => isOpen(app) && app.conversations.value.length > 0);
  expect(listed(app, archived)).toBeUndefined();
  await server().rest(archived).send(alice.id, "I found your book");
  await until("listed", () => listed(app, archived)?.unread === 1);
  expect(app.conversations.value[0]).toMatchObject({ peer: archived.id, archived: false });
});
