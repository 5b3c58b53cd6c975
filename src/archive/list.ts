import { and, eq, getTableColumns, gt, isNotNull, or, sql } from "drizzle-orm";
import type { ConversationList, Profile, Summary } from "../protocol/conversation-list.ts";
import { conversationName, sideOf } from "../protocol/pair.ts";
import { conversationKey } from "./conversation-key.ts";
import { ask, openPrimary } from "./database.ts";
import { cursorFrom } from "./list-cursor.ts";
import { listPage, type ListEntry, type ListPlace } from "./list-page.ts";
import { pageTimeoutMs } from "./read.ts";
import { conversations, users } from "./schema.ts";
import { summaryForSide } from "../model/summary.ts";
import { summaryFrom } from "./summary-row.ts";

/** How far back `changedSince` reaches behind the position it names: clocks that differ and writes under way lose nothing. */
const overlapMs = 60_000;

/** Which of a user's conversations; without either, those that are not archived. */
interface ListSelection {
  readonly archived?: boolean | undefined;
  readonly changedSinceMs?: number | undefined;
}

interface ListRange extends ListSelection {
  readonly limit: number;
  readonly behind?: ListPlace | undefined;
}

/** One page of a user's list, with the totals over all that is selected. Throws an ArchiveError. */
export async function conversationList(
  d1: D1Database,
  user: string,
  { limit, behind, ...selection }: ListRange,
  nowMs: number,
): Promise<ConversationList> {
  const entries = await selectedEntries(d1, user, selection);
  const { next, ...page } = listPage(entries, limit, behind);
  // The clock before the query: what landed while it ran counts as changed since.
  return {
    ...page,
    position: nowMs,
    ...(next !== undefined && { nextCursor: await cursorFrom(user, next) }),
  };
}

// On the primary, since a list must not lag. A row read for each conversation, one more where its peer has a profile,
// and two. SQL neither sorts, cuts nor sums: each would read every row again (500 without profiles: 502; sorted 1,002;
// with totals by a window as well 2,003).
async function selectedEntries(
  d1: D1Database,
  user: string,
  { archived, changedSinceMs }: ListSelection,
): Promise<ListEntry[]> {
  const db = openPrimary(d1);
  const wanted = archived ?? (changedSinceMs === undefined ? false : undefined);
  const { userA, userB, archivedA, archivedB, blockedA, blockedB, head, updatedAtMs } = conversations;
  const peer = sql`case when ${userA} = ${user} then ${userB} else ${userA} end`;
  const rows = await ask(pageTimeoutMs, () =>
    db
      .select({ row: conversations, name: users.name, picture: users.picture })
      .from(conversations)
      .leftJoin(users, eq(users.id, peer))
      .where(
        and(
          or(
            and(eq(userA, user), wanted === undefined ? undefined : eq(archivedA, wanted)),
            and(eq(userB, user), wanted === undefined ? undefined : eq(archivedB, wanted)),
          ),
          gt(head, 0),
          changedSinceMs === undefined
            ? undefined
            : or(
                gt(updatedAtMs, changedSinceMs - overlapMs),
                // Whoever is blocked gets it every time: when it comes must not say when the other was there.
                and(eq(userA, user), isNotNull(blockedB)),
                and(eq(userB, user), isNotNull(blockedA)),
              ),
        ),
      ),
  );
  return rows.map(({ row, name, picture }) => {
    const summary = summaryFrom(row);
    const conversation = summaryForSide(summary, sideOf(summary.users, user));
    return {
      key: row.id,
      lastAtMs: summary.last?.createdAtMs ?? 0,
      conversation: { ...conversation, ...profileFrom(name, picture) },
    };
  });
}

/** A conversation as a user sees it, and whether both have written in it. */
export interface KnownSummary {
  readonly summary: Summary;
  readonly bothWrote: boolean;
}

/** A user's conversations with the given peers, by peer; those that were never archived are not among them. Throws an ArchiveError. */
export async function readSummaries(
  d1: D1Database,
  user: string,
  peers: readonly string[],
): Promise<Map<string, KnownSummary>> {
  const db = openPrimary(d1);
  const keys = await Promise.all(peers.map((peer) => conversationKey(conversationName(user, peer))));
  const rows = await ask(pageTimeoutMs, () =>
    db
      .select(getTableColumns(conversations))
      .from(conversations)
      .innerJoin(sql`json_each(${JSON.stringify(keys)}) as wanted`, sql`wanted.value = ${conversations.id}`),
  );
  return new Map(
    rows.map((row) => {
      const known = summaryFrom(row);
      const summary = summaryForSide(known, sideOf(known.users, user));
      return [summary.peer, { summary, bothWrote: row.countA > 0 && row.countA < row.head }];
    }),
  );
}

function profileFrom(name: string | null, picture: string | null): { profile?: Profile } {
  const profile = { ...(name !== null && { name }), ...(picture !== null && { picture }) };
  return name === null && picture === null ? {} : { profile };
}
