import { expect, test } from "vitest";
import { conversationKey } from "../../src/archive/conversation-key.ts";
import { conversationName } from "../../src/protocol/pair.ts";
import { controlledClock, env, rest } from "./clients.ts";
import { listOf, pagesOf, peersIn, putSummaries, userWithPeers } from "./lists.ts";
import { conversationOf } from "./stored.ts";

test("[LS4] changedSince reaches back 60 s behind the position it names, and not a millisecond more", async () => {
  const { user, peers } = userWithPeers(4);
  const position = 1_700_000_000_000;
  const updatedAtMs = [position - 60_001, position - 60_000, position - 59_999, position + 1];
  await putSummaries(user, peers, (nth) => ({ lastAtMs: nth, updatedAtMs: updatedAtMs[nth] ?? 0 }));
  const changed = await listOf(user, { changedSince: position });
  expect(peersIn(changed)).toEqual([peers[3], peers[2]]);
  expect(changed.unread).toEqual({ messages: 2, conversations: 2 });
});

test("[LS4] changedSince 0 and beyond any time are ranges like others", async () => {
  const { user, peers } = userWithPeers(2);
  await putSummaries(user, peers, (nth) => ({ lastAtMs: 1_000 + nth }));
  expect(peersIn(await listOf(user, { changedSince: 0 }))).toHaveLength(2);
  expect(peersIn(await listOf(user, { changedSince: Number.MAX_SAFE_INTEGER }))).toEqual([]);
});

test("[LS4] a message, a read mark and a flag are each changed since the position before them, in any pages", async () => {
  const letSecondsPass = controlledClock();
  const { user, peers } = userWithPeers(5);
  for (const peer of peers) {
    await rest(peer, user, "POST", "/messages", { id: "one", text: "hello" });
    await conversationOf(env, user, peer).waitUntilReplicated(1);
  }
  letSecondsPass(100);
  const { position } = await listOf(user);
  expect(peersIn(await listOf(user, { changedSince: position }))).toEqual([]);
  await rest(user, peers[0] ?? "", "POST", "/messages", { id: "two", text: "hello you" });
  await rest(user, peers[1] ?? "", "PUT", "/read", { seq: 1 });
  await rest(user, peers[2] ?? "", "PATCH", "", { muted: true });
  await rest(user, peers[3] ?? "", "PATCH", "", { archived: true });
  await Promise.all(peers.map((peer) => conversationOf(env, user, peer).waitUntilReplicated(2)));
  const pages = await pagesOf(user, 1, { changedSince: position });
  expect(new Set(peersIn(...pages))).toEqual(new Set(peers.slice(0, 4)));
  expect(pages).toHaveLength(4);
  expect(peersIn(await listOf(user, { changedSince: position, archived: true }))).toEqual([peers[3]]);
  expect(new Set(peersIn(await listOf(user, { changedSince: position, archived: false })))).toEqual(
    new Set(peers.slice(0, 3)),
  );
});

test("[LS4][LS5] a summary that D1 got late is changed since a position before it landed", async () => {
  const letSecondsPass = controlledClock();
  const { user, peers } = userWithPeers(1);
  const [peer = ""] = peers;
  await rest(peer, user, "POST", "/messages", { id: "one", text: "hello" });
  await conversationOf(env, user, peer).waitUntilReplicated(1);
  // D1 was set back, as if nothing had come; minutes later the object catches up.
  await env.DB.prepare("DELETE FROM conversations WHERE id = ?")
    .bind(await conversationKey(conversationName(user, peer)))
    .run();
  letSecondsPass(600);
  const { position, conversations } = await listOf(user);
  expect(conversations).toEqual([]);
  await rest(peer, user, "POST", "/messages", { id: "two", text: "and again" });
  await conversationOf(env, user, peer).waitUntilReplicated(2);
  const changed = await listOf(user, { changedSince: position });
  expect(changed.conversations).toMatchObject([{ peer, head: 2, unread: 2 }]);
});
