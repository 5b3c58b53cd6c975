// Journeys of apps, bots and old clients, without a browser.
import { expect, onTestFinished, test } from "vitest";
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
