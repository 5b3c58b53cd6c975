import { expect, test } from "vitest";
import { readSummaries } from "../../src/archive/list.ts";
import { env, rest } from "./clients.ts";
import { interceptD1 } from "./d1-calls.ts";
import { listOf, putSummaries, userWithPeers } from "./lists.ts";
import { conversationOf } from "./stored.ts";

test("[LS2] the summaries of given peers are those of the list, with whether both wrote", async () => {
  const { user, peers } = userWithPeers(4);
  const [one = "", both = "", own = "", nobody = ""] = peers;
  for (const [author, peer] of [
    [one, user],
    [both, user],
    [user, both],
    [user, own],
  ] as const) {
    await rest(author, peer, "POST", "/messages", { id: "one", text: "hello" });
    await conversationOf(env, author, peer).waitUntilReplicated(2);
  }
  const known = await readSummaries(env.DB, user, [one, both, own, nobody, "a stranger"]);
  const { conversations } = await listOf(user);
  expect(new Map([...known].map(([peer, { summary }]) => [peer, summary]))).toEqual(
    new Map(conversations.map((conversation) => [conversation.peer, conversation])),
  );
  expect([one, both, own].map((peer) => known.get(peer)?.bothWrote)).toEqual([false, true, false]);
  expect(known.size).toBe(3);
  expect((await readSummaries(env.DB, user, [])).size).toBe(0);
});

test("[CO5] the summaries of 60 peers out of 500 conversations are one query of two rows read each", async () => {
  const { user, peers } = userWithPeers(500);
  await putSummaries(user, peers, () => ({ lastAtMs: 1 }));
  const rowsRead: number[] = [];
  const restore = interceptD1(env.DB, async (call) => {
    const answers = await call();
    rowsRead.push(...answers.map(({ meta }) => meta.rows_read));
    return answers;
  });
  const known = await readSummaries(env.DB, user, peers.slice(0, 60)).finally(restore);
  expect(known.size).toBe(60);
  expect(rowsRead).toEqual([120]);
});
