import { expect, test } from "vitest";
import type { Message } from "../../src/protocol/message.ts";
import type { Page } from "../../src/protocol/rest.ts";
import { editInRecord, keepArchive, onArchive, stubOf, type Users } from "./by-hand.ts";
import { env, freshUsers } from "./clients.ts";
import { archivedConversation, conversationLength as count, getPage, send } from "./pages.ts";
import { archiveSummary, archived, recordRows } from "./stored.ts";

const limits = [1, 7, 22, count, 24, 100];

/** What may have happened to an archive of 23 messages. */
const archiveStates: readonly {
  readonly name: string;
  readonly happen: (users: Users) => Promise<unknown>;
}[] = [
  { name: "whole", happen: () => Promise.resolve() },
  {
    name: "empty of messages",
    happen: (users) => onArchive(users, "DELETE FROM messages WHERE conversation = ?1"),
  },
  {
    name: "empty",
    happen: async (users) => {
      await onArchive(users, "DELETE FROM messages WHERE conversation = ?1");
      await onArchive(users, "DELETE FROM conversations WHERE id = ?1");
    },
  },
  {
    name: "without its summary",
    happen: (users) => onArchive(users, "DELETE FROM conversations WHERE id = ?1"),
  },
  {
    name: "with holes",
    happen: (users) =>
      onArchive(users, "DELETE FROM messages WHERE conversation = ?1 AND seq IN (4, 9, 10, 11, 23)"),
  },
  {
    name: "without its beginning",
    happen: (users) => onArchive(users, "DELETE FROM messages WHERE conversation = ?1 AND seq <= 8"),
  },
  {
    name: "behind by one edit",
    happen: (users) => editInRecord(stubOf(users), 5, "edited since"),
  },
];

test.each(archiveStates)(
  "[HI1][HI2][HI3] walked down or up with any limit, the pages are the whole conversation: the archive is $name",
  { timeout: 30_000 },
  async ({ happen }) => {
    const users = await archivedConversation();
    await happen(users);
    const whole = await wholeOf(users);
    expect(await walks(users, revOf(whole))).toEqual(walksOver(whole));
  },
);

test(
  "[HI1][HI2][HI3] walked down or up with any limit, the pages are the whole conversation: the archive was set back",
  { timeout: 30_000 },
  async () => {
    const users = freshUsers();
    await send(users, 1, 12);
    await archived(env, users.a, users.b, 12);
    const setBack = await keepArchive(users);
    await send(users, 13, count);
    await archived(env, users.a, users.b, count);
    await setBack();
    expect(await archiveSummary(env, users.a, users.b)).toMatchObject({ rev: 12, head: 12 });
    const whole = await wholeOf(users);
    expect(await walks(users, revOf(whole))).toEqual(walksOver(whole));
  },
);

type PageAt = Page & { readonly from: number };

/** Down from the newest page by `before`, or up from the oldest by `after`. */
type Direction = "before" | "after";

/** All pages in one direction, as a client asks for them with one limit, once with its cursor and once without. */
interface Walk {
  readonly direction: Direction;
  readonly limit: number;
  readonly cursor: string;
  readonly pages: readonly PageAt[];
}

function askings(rev: number): Omit<Walk, "pages">[] {
  return (["before", "after"] as const).flatMap((direction) =>
    limits.flatMap((limit) => ["", `&rev=${rev}`].map((cursor) => ({ direction, limit, cursor }))),
  );
}

async function walks(users: Users, rev: number): Promise<Walk[]> {
  const keep = await keepArchive(users);
  const walked: Walk[] = [];
  for (const { direction, limit, cursor } of askings(rev)) {
    const pages: PageAt[] = [];
    let from = direction === "before" ? count + 1 : 0;
    for (let hasMore = true; hasMore && pages.length <= count;) {
      // The object mends its archive meanwhile; each page is to be asked of the broken one.
      await keep();
      const { page } = await getPage(users, `/messages?${direction}=${from}&limit=${limit}${cursor}`);
      pages.push({ from, ...page });
      from = page.messages.at(direction === "before" ? 0 : -1)?.seq ?? from;
      hasMore = page.hasMore;
    }
    walked.push({ direction, limit, cursor, pages });
  }
  return walked;
}

/** The same walks over an array. */
function walksOver(whole: readonly Message[]): Walk[] {
  const [head, rev] = [whole.length, revOf(whole)];
  return askings(rev).map((asking) => {
    const pages = asking.direction === "before" ? pagesDown(asking.limit) : pagesUp(asking.limit);
    return { ...asking, pages: pages.map((page) => ({ ...page, head, rev })) };
  });

  function pagesDown(limit: number): Omit<PageAt, "head" | "rev">[] {
    const pages = [];
    for (let end = head; end > 0; end -= limit) {
      const start = Math.max(0, end - limit);
      pages.push({ from: end + 1, messages: whole.slice(start, end), hasMore: start > 0 });
    }
    return pages;
  }

  function pagesUp(limit: number): Omit<PageAt, "head" | "rev">[] {
    const pages = [];
    for (let start = 0; start < head; start += limit) {
      const end = Math.min(start + limit, head);
      pages.push({ from: start, messages: whole.slice(start, end), hasMore: end < head });
    }
    return pages;
  }
}

function revOf(whole: readonly Message[]): number {
  return Math.max(...whole.map((message) => message.rev));
}

/** What the record says the conversation is. */
async function wholeOf(users: Users): Promise<Message[]> {
  const rows = await recordRows(stubOf(users));
  return rows.map((row) => ({
    seq: row.seq,
    rev: row.rev,
    id: row.id,
    author: users[row.author],
    text: row.text,
    createdAt: row.created_at_ms,
  }));
}
