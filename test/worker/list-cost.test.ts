import { afterEach, beforeEach, expect, test } from "vitest";
import type { Side } from "../../src/protocol/pair.ts";
import { upTo, fillRecord } from "./by-hand.ts";
import { env, freshUsers, rest } from "./clients.ts";
import { listOf, peersIn, putSummaries, userWithPeers } from "./lists.ts";
import { meterRows, type RowMeter } from "./rows.ts";
import { archived, conversationOf } from "./stored.ts";

let meter: RowMeter;

// Runs of different lengths, so that no parity hides an error.
const authorOf = (seq: number): Side => ((seq * seq) % 7 < 3 ? "a" : "b");

beforeEach(async () => {
  const { a, b } = freshUsers();
  meter = await meterRows(env.DB, conversationOf(env, a, b));
});

afterEach(() => {
  meter.restore();
});

test("[CO5] 500 conversations are one request of at most 1,100 rows read, with profiles and without", async () => {
  const { user, peers } = userWithPeers(500);
  await putSummaries(user, peers, (nth) => ({ lastAtMs: 1_000 + nth, head: 2 }));
  const listed: string[] = [];
  const costs: number[] = [];
  for (const limit of [500, 50]) {
    const { archiveRead, archiveWritten } = await meter.cost(async () => {
      const list = await listOf(user, { limit });
      expect(list.unread).toEqual({ messages: 1_000, conversations: 500 });
      listed.push(...peersIn(list));
    });
    costs.push(archiveRead);
    expect(archiveWritten).toBe(0);
  }
  await env.DB.prepare("INSERT INTO users SELECT value, 'name', NULL, 0 FROM json_each(?)")
    .bind(JSON.stringify(peers))
    .run();
  for (const limit of [500, 50]) {
    const { archiveRead } = await meter.cost(async () => {
      const { conversations } = await listOf(user, { limit });
      expect(conversations.every(({ profile }) => profile?.name === "name")).toBe(true);
      expect(conversations).toHaveLength(limit);
    });
    costs.push(archiveRead);
  }
  expect(listed).toHaveLength(550);
  expect(new Set(listed)).toEqual(new Set(peers));
  // Two steps end the two ranges of the indexes, unless there an index itself ends.
  expect(Math.max(...costs.slice(0, 2))).toBeLessThanOrEqual(502);
  expect(Math.max(...costs.slice(2))).toBeLessThanOrEqual(1_002);
});

test("[CO5] other users' conversations cost nothing", async () => {
  const others = userWithPeers(300);
  await putSummaries(others.user, others.peers, () => ({ lastAtMs: 1 }));
  const { user, peers } = userWithPeers(3);
  await putSummaries(user, peers, () => ({ lastAtMs: 1 }));
  const { archiveRead } = await meter.cost(() => listOf(user));
  expect(archiveRead).toBeLessThanOrEqual(3 + 2);
});

test(
  "[LS2][MK5] unread is exact in the list of a conversation of 100,000 messages, wherever the read cursor is",
  { timeout: 120_000 },
  async () => {
    const { a, b } = freshUsers();
    const count = 100_000;
    await fillRecord(conversationOf(env, a, b), count, { authorOf });
    await archived(env, a, b, count);
    const seqs = upTo(count);
    const unreadOf = (side: Side, read: number) =>
      seqs.filter((seq) => seq > read && authorOf(seq) !== side).length;
    expect((await listOf(a)).unread).toEqual({ messages: unreadOf("a", 0), conversations: 1 });
    for (const seq of [1, 2, 777, 49_999, 50_000, 50_001, 99_998, 99_999, count]) {
      await rest(a, b, "PUT", "/read", { seq });
      await rest(b, a, "PUT", "/read", { seq: count - 1 });
      await conversationOf(env, a, b).waitUntilReplicated(0);
      expect((await listOf(a)).conversations).toMatchObject([
        { head: count, read: { you: seq, peer: count - 1 }, unread: unreadOf("a", seq) },
      ]);
      expect((await listOf(b)).conversations).toMatchObject([{ unread: unreadOf("b", count - 1) }]);
    }
  },
);
