// Journeys of apps, bots and old clients, without a browser.
import { setTimeout as wait } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";
import { expect, onTestFinished, test } from "vitest";
import { connectPython } from "../e2e/socket-io/python-talker.ts";
import { alice, blocksAlice, chatty, muted, peerNamed, unreadCount, type Member } from "./support/cast.ts";
import { pastCount } from "./support/past.ts";
import { until } from "./support/rest.ts";
import type { Sdk } from "./support/sdk.ts";
import { journeyServer } from "./support/server.ts";
import { shortToken } from "./support/tokens.ts";

const server = journeyServer();

const isOpen = (app: Sdk.Client) => app.connection.value.state === "open";
const newTexts = async (of: Member) => (await server().rest(of).texts(alice.id, 100)).slice(pastCount(of));
const listed = (app: Sdk.Client, { id }: Member) => app.conversations.value.find(({ peer }) => peer === id);

async function socketOf(token: string, transports: string[]): Promise<Socket> {
  const socket = io(server().url, { auth: { token }, transports, forceNew: true });
  onTestFinished(() => void socket.disconnect());
  await new Promise<void>((resolve) => socket.on("connect", resolve));
  return socket;
}

test("[RA1] a Python bot sends forty readings at once as it connects", async () => {
  const karim = peerNamed("Karim Haddad");
  const bot = await connectPython({
    url: server().url,
    path: "/socket.io/",
    auth: { token: await server().place.token(alice.id) },
    transports: ["polling"],
  });
  onTestFinished(() => bot.close());
  const texts = Array.from({ length: 40 }, (_, index) => `reading ${index + 1}`);
  texts.forEach((content) => bot.emit("private_dm", { content, receiver_id: karim.id }));
  await until("stored", async () => (await newTexts(karim)).length >= 40);
  expect(await newTexts(karim)).toEqual(texts);
  expect(bot.events("error_dm")).toEqual([]);
});

test("[EN8] an old client puts sixty messages of two kilobytes into one request", async () => {
  const lena = peerNamed("Lena Vogel");
  const poll = `${server().url}/socket.io/?EIO=4&transport=polling`;
  const opened = await (await fetch(poll)).text();
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  const post = (body: string) => fetch(`${poll}&sid=${sid}`, { method: "POST", body });
  await post(`40${JSON.stringify({ token: await server().place.token(alice.id) })}`);
  await (await fetch(`${poll}&sid=${sid}`)).text();
  const texts = Array.from({ length: 60 }, (_, index) => `${index + 1} `.padEnd(2_000, "x"));
  const packets = texts.map(
    (content) => `42${JSON.stringify(["private_dm", { content, receiver_id: lena.id }])}`,
  );
  const answer = await post(packets.join("\u001e"));
  expect([answer.status, await answer.text()]).toEqual([200, "ok"]);
  await until("stored", async () => (await newTexts(lena)).length >= 60);
  expect(await newTexts(lena)).toEqual(texts);
});

test("[SO5] a quiet Socket.IO client reads nothing more once its token has expired", async () => {
  // The server accepts a token for 30 s after its expiry (AD4).
  const { token, expiresAtMs } = await shortToken(server().place, alice, 4 - 30);
  const socket = await socketOf(token, ["websocket"]);
  const read = () =>
    socket
      .timeout(3_000)
      .emitWithAck("history", { peer: peerNamed("Marco Rossi").id })
      .then((answer) => (answer as { ok: boolean }).ok)
      .catch(() => false);
  expect(await read()).toBe(true);
  await wait(expiresAtMs + 30_000 - Date.now() + 1_500);
  expect(await read()).toBe(false);
});

test("[CL10] an app whose token is no longer renewed says so, and goes on after a new sign-in", async () => {
  const nadia = peerNamed("Nadia Khan");
  const { token } = await shortToken(server().place, alice, 3);
  let isSignedIn = false;
  const app = server().app(alice, {
    token: async () => (isSignedIn ? server().place.token(alice.id) : token),
  });
  await until("open", () => isOpen(app));
  await until("stopped", () => app.connection.value.state === "stopped");
  expect(app.connection.value).toMatchObject({ error: { code: "token_expired" } });
  const sending = app.conversation(nadia.id).send("Signed in again");
  isSignedIn = true;
  app.connect();
  await sending;
  expect(await newTexts(nadia)).toEqual(["Signed in again"]);
});

test("[MK6] types on a phone that loses its network while the laptop stays, and the peer is told that it ended", async () => {
  const oscar = peerNamed("Oscar Nilsson");
  const network = await server().network();
  const phone = server().app(alice, { url: network.url });
  const laptop = server().app(alice);
  const typed = await typingSeenBy(oscar);
  laptop.conversation(oscar.id).messages.subscribe(() => {});
  phone.conversation(oscar.id).messages.subscribe(() => {});
  await until("live", () => [phone, laptop].every((app) => app.conversation(oscar.id).status.value.isLive));
  phone.conversation(oscar.id).typing(true);
  await until("typing", () => typed.at(-1) === true);
  network.cut();
  await until("no longer typing", () => typed.at(-1) === false);
  expect(typed).toEqual([true, false]);
});

/** What a simple client of the conversation's socket is told of Alice's typing, in order. */
async function typingSeenBy({ id }: Member): Promise<readonly boolean[]> {
  const typed: boolean[] = [];
  const url = `${server().url.replace("http", "ws")}/v1/conversations/${alice.id}/socket`;
  const socket = new WebSocket(url, ["pairline.v1", `bearer.${await server().place.token(id)}`]);
  onTestFinished(() => socket.close());
  await new Promise<void>((resolve) => {
    socket.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(String(data)) as { type: string; on?: boolean };
      if (frame.type === "ready") {
        resolve();
      }
      if (frame.type === "typing") {
        typed.push(frame.on === true);
      }
    });
  });
  return typed;
}

test("[HI1] reads the 70 unread messages of Carol from the first one on, page by page", async () => {
  const first = pastCount(chatty);
  const texts: string[] = [];
  let hasMore = true;
  while (hasMore) {
    const page = await server()
      .rest(alice)
      .page(chatty.id, `after=${first + texts.length}&limit=50`);
    texts.push(...page.messages.map(({ text }) => text));
    ({ hasMore } = page);
  }
  expect(texts).toEqual(Array.from({ length: unreadCount }, (_, index) => `news ${index + 1}`));
});

test("[BL2] writes to somebody who has blocked her, and the app says that it was not sent", async () => {
  const app = server().app(alice);
  const conversation = app.conversation(blocksAlice.id);
  await expect(conversation.send("Please talk to me")).rejects.toMatchObject({ code: "blocked" });
  expect(conversation.messages.value.at(-1)).toMatchObject({
    text: "Please talk to me",
    error: { code: "blocked" },
  });
  expect(await newTexts(blocksAlice)).toEqual([]);
});

test("[LS8] a muted conversation stays muted when a message comes", async () => {
  const app = server().app(alice);
  await until("listed", () => listed(app, muted)?.muted === true);
  await server().rest(muted).send(alice.id, "Look at this");
  await until("shown", () => listed(app, muted)?.last?.text === "Look at this");
  expect(listed(app, muted)).toMatchObject({ muted: true, unread: 1 });
});
