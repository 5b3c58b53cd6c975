import { expect, onTestFinished, test } from "vitest";
import { Announced, type Announcement } from "../../../src/web/reading/announced.ts";
import { emptyList, freezeTime, message, passMs, summary, worldOf } from "../fake-server.ts";

freezeTime();

/** Ann's client, whose list has Bob and the muted Mia, and what is announced to her. */
async function announcing() {
  const world = worldOf();
  const shown: { now: readonly Announcement[]; keys: number[] } = { now: [], keys: [] };
  const announced = new Announced(world.client, (announcements) => {
    shown.now = announcements;
    shown.keys.push(...announcements.map(({ key }) => key).filter((key) => !shown.keys.includes(key)));
  });
  onTestFinished(() => announced.end());
  const socket = await world.greet({
    ...emptyList,
    conversations: [summary("bob", 0), summary("mia", 0, { muted: true })],
  });
  const tell = async (peer: string, seq: number, more: object = {}) => {
    socket.tell({ type: "message", peer, message: message(seq, { author: peer, ...more }) });
    await passMs(0);
  };
  return { socket, shown, tell, texts: () => shown.now.map(({ text }) => text) };
}

test("[WEB10] a message of a muted conversation is not announced, and neither is one's own", async () => {
  const { tell, texts } = await announcing();
  await tell("mia", 1, { text: "psst" });
  await tell("bob", 1, { author: "ann", text: "mine" });
  await tell("bob", 2, { text: "Hello" });
  expect(texts()).toEqual(["bob: Hello"]);
});

test("[WEB10] of a conversation that is not in the list yet nothing is announced before its summary says whether it is muted", async () => {
  const { socket, tell, texts } = await announcing();
  await tell("far", 1, { text: "muted" });
  await tell("new", 1, { text: "not muted" });
  expect(texts()).toEqual([]);
  socket.tell({ type: "summary", ...summary("far", 1, { muted: true }) });
  socket.tell({ type: "summary", ...summary("new", 1) });
  await passMs(0);
  expect(texts()).toEqual(["new: not muted"]);
  await tell("lost", 1, { text: "its summary never comes" });
  await passMs(2_000);
  expect(texts()).toContain("lost: its summary never comes");
});

test("[WEB10] the same text again is a new announcement", async () => {
  const { shown, tell, texts } = await announcing();
  await tell("bob", 1, { text: "ok" });
  await tell("bob", 2, { text: "ok" });
  expect(texts()).toEqual(["bob: ok", "bob: ok"]);
  expect(shown.keys).toHaveLength(2);
});

test("[WEB10] a message that has only data, or nothing to see, is announced as one without text", async () => {
  const { tell, texts } = await announcing();
  await tell("bob", 1, { text: "", data: { kind: "location" } });
  await tell("bob", 2, { text: "\u200b \u2060" });
  expect(texts()).toEqual(["bob: Message without text", "bob: Message without text"]);
});

test("[WEB10] of many that come at once the newest are announced, and nothing stays for long", async () => {
  const { tell, texts } = await announcing();
  for (let seq = 1; seq <= 20; seq += 1) {
    await tell("bob", seq);
  }
  expect(texts()).toEqual([16, 17, 18, 19, 20].map((seq) => `bob: text ${seq}`));
  await passMs(15_000);
  expect(texts()).toEqual([]);
});

test("[WEB10] what was deleted elsewhere is no longer in the live region", async () => {
  const { tell, texts } = await announcing();
  await tell("bob", 1, { text: "secret" });
  await tell("bob", 2, { text: "kept" });
  await tell("bob", 1, { rev: 3, text: "", deletedAt: 5_000 });
  expect(texts()).toEqual(["bob: kept"]);
  await tell("far", 1, { text: "also secret" });
  await tell("far", 1, { rev: 2, text: "", deletedAt: 6_000 });
  await passMs(2_000);
  expect(texts()).toEqual(["bob: kept"]);
});
