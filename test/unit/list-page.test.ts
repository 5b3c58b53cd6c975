import {
  assert,
  asyncProperty,
  integer,
  nat,
  property,
  record,
  string,
  stringMatching,
  uniqueArray,
} from "fast-check";
import { expect, test } from "vitest";
import { cursorFrom, placeFrom } from "../../src/archive/list-cursor.ts";
import { listPage, type ListEntry, type ListPlace } from "../../src/archive/list-page.ts";

const entryArbitrary = record({
  lastAtMs: integer({ min: 0, max: 5 }),
  key: stringMatching(/^[\w-]{2}$/),
  unread: nat(9),
}).map(({ lastAtMs, key, unread }): ListEntry => {
  const counts = { head: 9, rev: 9, state: 0, unread, read: { you: 0, peer: 0 } };
  return {
    lastAtMs,
    key,
    conversation: { peer: key, ...counts, muted: false, archived: false, blocked: false },
  };
});
const entriesArbitrary = uniqueArray(entryArbitrary, { selector: ({ key }) => key, maxLength: 40 });

function pagesOf(entries: readonly ListEntry[], limit: number): string[][] {
  const pages: string[][] = [];
  let behind: ListPlace | undefined;
  do {
    const { conversations, next } = listPage(entries, limit, behind);
    pages.push(conversations.map(({ peer }) => peer));
    behind = next;
  } while (behind !== undefined);
  return pages;
}

test("[LS1][LS3] pages of any length are the sorted list cut into pieces, whatever the order of the rows and their ties", () => {
  assert(
    property(entriesArbitrary, integer({ min: 1, max: 41 }), (entries, limit) => {
      const expected = entries
        .toSorted((one, other) => other.lastAtMs - one.lastAtMs || (one.key < other.key ? 1 : -1))
        .map(({ key }) => key);
      const pages = pagesOf(entries, limit);
      expect(pages.flat()).toEqual(expected);
      expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
      expect(pages).toHaveLength(Math.max(1, Math.ceil(entries.length / limit)));
    }),
  );
});

test("[LS1] the totals are those of all entries, on every page", () => {
  assert(
    property(entriesArbitrary, entryArbitrary, (entries, behind) => {
      const unread = entries.map(({ conversation }) => conversation.unread);
      expect(listPage(entries, 3, behind).unread).toEqual({
        messages: unread.reduce((sum, count) => sum + count, 0),
        conversations: unread.filter((count) => count !== 0).length,
      });
    }),
  );
});

test("[LS3] a cursor gives its user the place back, and nobody else", async () => {
  const place = { lastAtMs: 1_700_000_000_000, key: "conversation-key_00000" };
  const cursor = await cursorFrom("alice", place);
  expect(await placeFrom("alice", cursor)).toEqual(place);
  expect(await placeFrom("bob", cursor)).toBeUndefined();
  expect(await placeFrom("alic", cursor)).toBeUndefined();
});

test("[LS3] no other text stands for a place", async () => {
  const cursor = await cursorFrom("alice", { lastAtMs: 1_700_000_000_000, key: "conversation-key_00000" });
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= .\n";
  for (let index = 0; index < cursor.length; index += 1) {
    for (const character of alphabet) {
      const tampered = cursor.slice(0, index) + character + cursor.slice(index + 1);
      expect((await placeFrom("alice", tampered)) === undefined).toBe(tampered !== cursor);
    }
  }
  await assert(
    asyncProperty(string({ unit: "binary", maxLength: 80 }), async (text) => {
      expect(await placeFrom("alice", text)).toBeUndefined();
    }),
  );
});

test("[LS1] the totals say how many of the unread messages are muted, over all entries", () => {
  const entries = [3, 4, 0, 5].map((unread, index): ListEntry => {
    const counts = { head: 9, rev: 9, state: 0, unread, read: { you: 0, peer: 0 } };
    const flags = { muted: index > 0, archived: false, blocked: false };
    return { lastAtMs: 1, key: `${index}`, conversation: { peer: `${index}`, ...counts, ...flags } };
  });
  expect(listPage(entries, 1, undefined).unread).toEqual({
    messages: 12,
    conversations: 3,
    mutedMessages: 9,
  });
});
