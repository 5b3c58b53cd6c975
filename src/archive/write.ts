import { eq, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import { ask, openPrimary } from "./database.ts";
import { previewOf } from "../protocol/preview.ts";
import { conversations, messages } from "./schema.ts";
import { messageValues, type StoredMessage } from "../model/message.ts";
import type { ConversationSummary } from "../model/summary.ts";

/**
 * What one write carries at most, so that its JSON stays below 900 KB (D1 refuses parameters of 2 MB): a character
 * takes up to six bytes, a message's other columns up to 450.
 */
export const writeBudget = { rows: 500, characters: 110_000 } as const;

/** A flush is given up after this; where it lands all the same, its repeat changes nothing. */
const writeTimeoutMs = 10_000;

/** All changes after `base` up to `summary.rev`. */
export interface ArchiveWrite {
  readonly base: number;
  readonly messages: readonly StoredMessage[];
  readonly summary: ConversationSummary;
  readonly nowMs: number;
}

/**
 * Writes changes and the summary that covers them in one transaction, and answers the archive's `rev` after it.
 * A newer `rev` wins each row, so a repeat or an overlap changes nothing. The summary moves only from `base` or later:
 * an archive that was set back keeps its lower `rev`, and the answer tells the caller where to begin again.
 * Throws an ArchiveError.
 */
export async function writeChanges(
  d1: D1Database,
  conversation: string,
  write: ArchiveWrite,
): Promise<number> {
  const db = openPrimary(d1);
  const summary = upsertSummary(db, conversation, write);
  const rev = db
    .select({ rev: conversations.rev })
    .from(conversations)
    .where(eq(conversations.id, conversation));
  const after = await ask(writeTimeoutMs, async () => {
    if (write.messages.length === 0) {
      const [, rows] = await db.batch([summary, rev]);
      return rows;
    }
    const [, , rows] = await db.batch([upsertMessages(db, conversation, write.messages), summary, rev]);
    return rows;
  });
  return after[0]?.rev ?? 0;
}

// One statement for any number of rows: a parameter per column would end at D1's 100 parameters. A place in the
// array stands for a column, in the table's order.
export function upsertMessages(
  db: ReturnType<typeof openPrimary>,
  conversation: string,
  rows: readonly StoredMessage[],
) {
  const encoded = JSON.stringify(rows.map(messageValues));
  return db
    .insert(messages)
    .select(
      sql`select ${conversation}, value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8, value->>9, value->>10, value->>11, value->>12, value->>13, value->>14 from json_each(${encoded}) where true`,
    )
    .onConflictDoUpdate({
      target: [messages.conversation, messages.seq],
      set: {
        rev: sql`excluded.rev`,
        createdRev: sql`excluded.created_rev`,
        author: sql`excluded.author`,
        id: sql`excluded.id`,
        text: sql`excluded.text`,
        createdAtMs: sql`excluded.created_at_ms`,
        countA: sql`excluded.count_a`,
        editedAtMs: sql`excluded.edited_at_ms`,
        deletedAtMs: sql`excluded.deleted_at_ms`,
        replyTo: sql`excluded.reply_to`,
        reactions: sql`excluded.reactions`,
        data: sql`excluded.data`,
        editId: sql`excluded.edit_id`,
        editRev: sql`excluded.edit_rev`,
      },
      setWhere: sql`excluded.rev > ${messages.rev}`,
    });
}

function newerFlag(written: SQL, kept: SQLWrapper): SQL {
  return sql`case when excluded.state >= ${conversations.state} then ${written} else ${kept} end`;
}

export function upsertSummary(
  db: ReturnType<typeof openPrimary>,
  conversation: string,
  write: Omit<ArchiveWrite, "messages">,
) {
  const { base, nowMs } = write;
  const { users, rev, head, last, countA, read, readCounts, flags } = write.summary;
  const { muted, archived, blocked } = flags;
  const text = typeof last?.text === "string" ? previewOf(last.text) : null;
  return db
    .insert(conversations)
    .select(
      sql`select ${conversation}, ${users.a}, ${users.b}, ${rev}, ${head}, ${last?.author ?? null}, ${text}, ${last?.createdAtMs ?? null}, ${countA}, ${read.a}, ${read.b}, ${readCounts.a}, ${readCounts.b}, ${nowMs}, ${flags.state}, ${Number(muted.a)}, ${Number(muted.b)}, ${Number(archived.a)}, ${Number(archived.b)}, ${blocked.a}, ${blocked.b} where ${base} = 0 or exists (select 1 from conversations where id = ${conversation} and rev >= ${base})`,
    )
    .onConflictDoUpdate({
      target: conversations.id,
      set: {
        rev: sql`excluded.rev`,
        head: sql`excluded.head`,
        lastAuthor: sql`excluded.last_author`,
        lastText: sql`excluded.last_text`,
        lastAtMs: sql`excluded.last_at_ms`,
        countA: sql`excluded.count_a`,
        readA: sql`max(${conversations.readA}, excluded.read_a)`,
        readB: sql`max(${conversations.readB}, excluded.read_b)`,
        readCountA: sql`max(${conversations.readCountA}, excluded.read_count_a)`,
        readCountB: sql`max(${conversations.readCountB}, excluded.read_count_b)`,
        updatedAtMs: sql`excluded.updated_at_ms`,
        state: sql`max(${conversations.state}, excluded.state)`,
        mutedA: newerFlag(sql`excluded.muted_a`, conversations.mutedA),
        mutedB: newerFlag(sql`excluded.muted_b`, conversations.mutedB),
        archivedA: newerFlag(sql`excluded.archived_a`, conversations.archivedA),
        archivedB: newerFlag(sql`excluded.archived_b`, conversations.archivedB),
        blockedA: newerFlag(sql`excluded.blocked_a`, conversations.blockedA),
        blockedB: newerFlag(sql`excluded.blocked_b`, conversations.blockedB),
      },
      setWhere: sql`excluded.rev > ${conversations.rev} or (excluded.rev = ${conversations.rev} and (excluded.read_a > ${conversations.readA} or excluded.read_b > ${conversations.readB} or excluded.state > ${conversations.state}))`,
    });
}
