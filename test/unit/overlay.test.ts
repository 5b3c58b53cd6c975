import { expect, test } from "vitest";
import { withRecentSummaries } from "../../src/inbox/overlay.ts";
import type { Summary } from "../../src/protocol/conversation-list.ts";

function summaryOf(peer: string, change: Partial<Summary> = {}): Summary {
  return {
    peer,
    head: 3,
    rev: 3,
    state: 0,
    read: { you: 0, peer: 0 },
    unread: 3,
    muted: false,
    archived: false,
    blocked: false,
    last: { author: peer, text: "hello", createdAt: 1_000 },
    ...change,
  };
}

test("[IN2] archived conversations are not in the totals of ready, whether they were archived before or just now", () => {
  const bob = summaryOf("bob");
  const list = { conversations: [bob], unread: { messages: 3, conversations: 1 }, position: 1 };
  const more = { ...list, nextCursor: "more" };
  const justNow = { ...bob, state: 1, archived: true };
  expect(withRecentSummaries(list, [justNow], new Map())).toMatchObject({
    conversations: [],
    unread: { messages: 0, conversations: 0 },
  });
  const carol = summaryOf("carol", { archived: true, state: 1 });
  const read = { ...carol, read: { you: 1, peer: 0 }, unread: 2 };
  expect(withRecentSummaries(more, [read], new Map([["carol", carol]])).unread).toEqual(list.unread);
  const back = { ...carol, archived: false, rev: 4, head: 4, unread: 4 };
  expect(withRecentSummaries(more, [back], new Map([["carol", carol]])).unread).toEqual({
    messages: 7,
    conversations: 2,
  });
});
