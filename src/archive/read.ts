import { and, asc, desc, eq, getTableColumns, getTableName, gt, lt, sql } from "drizzle-orm";
import { alias, getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Side } from "../protocol/pair.ts";
import { ask, openPrimary, openReplica, type ArchiveFault, ArchiveError } from "./database.ts";
import { noFlags, type Flags } from "../model/flags.ts";
import { conversations, messages, tables } from "./schema.ts";
import { quoteOf, type QuotingMessage, type StoredMessage } from "../model/message.ts";
import { flagsFrom } from "./summary-row.ts";

/** A page, of messages or of the list, that takes longer is not waited for. */
export const pageTimeoutMs = 2_000;
/** A background comparison may take as long as a flush. */
const compareTimeoutMs = 10_000;

/** The message that a reply answers. */
const quoted = alias(messages, "quoted");

/** Where the archive of a conversation stands. */
export interface ArchiveState {
  readonly rev: number;
  readonly head: number;
  readonly read: Readonly<Record<Side, number>>;
  readonly flags: Flags;
  /** The newest message: another one than the record's shows that the two histories differ. */
  readonly headMessage: StoredMessage | undefined;
}

/** Of a conversation that was never archived. */
export const nothingArchived: ArchiveState = {
  rev: 0,
  head: 0,
  read: { a: 0, b: 0 },
  flags: noFlags,
  headMessage: undefined,
};

/** The state on the primary; undefined where the conversation was never archived. Throws an ArchiveError. */
export async function readState(d1: D1Database, conversation: string): Promise<ArchiveState | undefined> {
  const db = openPrimary(d1);
  const [row] = await ask(compareTimeoutMs, () =>
    db
      .select({ summary: conversations, headMessage: messages })
      .from(conversations)
      .leftJoin(messages, and(eq(messages.conversation, conversation), eq(messages.seq, conversations.head)))
      .where(eq(conversations.id, conversation)),
  );
  return (
    row && {
      rev: row.summary.rev,
      head: row.summary.head,
      read: { a: row.summary.readA, b: row.summary.readB },
      flags: flagsFrom(row.summary),
      headMessage: row.headMessage ?? undefined,
    }
  );
}

/** Which messages a page has: `limit` at most, directly below `before` or directly above `after`. */
export type PageRange = { readonly limit: number } & (
  | { readonly before: number }
  | { readonly after: number }
);

/** A page, oldest first, and the revision that the archive covers (0: none), read at one moment. */
export interface ArchivePage {
  readonly messages: readonly QuotingMessage[];
  readonly rev: number;
  readonly head: number;
}

/** Reads a row for each message and one more for each reply. Throws an ArchiveError. */
export async function readPage(d1: D1Database, conversation: string, range: PageRange): Promise<ArchivePage> {
  const db = openReplica(d1);
  const isBackward = "before" in range;
  const [rows, states] = await ask(pageTimeoutMs, () =>
    db.batch([
      db
        .select({
          ...getTableColumns(messages),
          // D1 gives rows as objects in a batch: of two columns with one name, one would be lost.
          quotedAuthor: sql<Side | null>`${quoted.author}`.as("quoted_author"),
          quotedText: sql<string | null>`${quoted.text}`.as("quoted_text"),
          quotedDeletedAtMs: sql<number | null>`${quoted.deletedAtMs}`.as("quoted_deleted_at_ms"),
        })
        .from(messages)
        .leftJoin(quoted, and(eq(quoted.conversation, conversation), eq(quoted.seq, messages.replyTo)))
        .where(
          and(
            eq(messages.conversation, conversation),
            isBackward ? lt(messages.seq, range.before) : gt(messages.seq, range.after),
          ),
        )
        .orderBy(isBackward ? desc(messages.seq) : asc(messages.seq))
        .limit(range.limit),
      db
        .select({ rev: conversations.rev, head: conversations.head })
        .from(conversations)
        .where(eq(conversations.id, conversation)),
    ]),
  );
  const page = rows.map(withQuote);
  return {
    messages: isBackward ? page.toReversed() : page,
    rev: states[0]?.rev ?? 0,
    head: states[0]?.head ?? 0,
  };
}

interface JoinedRow extends StoredMessage {
  readonly quotedAuthor: Side | null;
  readonly quotedText: string | null;
  readonly quotedDeletedAtMs: number | null;
}

function withQuote({ quotedAuthor, quotedText, quotedDeletedAtMs, ...row }: JoinedRow): QuotingMessage {
  const isReply = quotedAuthor !== null && quotedText !== null;
  const quote = isReply ? { author: quotedAuthor, text: quotedText, deletedAtMs: quotedDeletedAtMs } : null;
  return { ...row, quote: quote && quoteOf(quote) };
}

/** Messages above `seq`, oldest first, `limit` at most. Throws an ArchiveError. */
export async function readAbove(
  d1: D1Database,
  conversation: string,
  seq: number,
  limit: number,
): Promise<StoredMessage[]> {
  const db = openPrimary(d1);
  return ask(compareTimeoutMs, () =>
    db
      .select()
      .from(messages)
      .where(and(eq(messages.conversation, conversation), gt(messages.seq, seq)))
      .orderBy(asc(messages.seq))
      .limit(limit),
  );
}

/**
 * SQLite refuses a statement that names a missing column before it looks for rows. Each name has its table: without it,
 * SQLite takes a missing column in double quotes for a text.
 */
const everyColumn = sql.raw(
  `select ${tables.flatMap(qualifiedColumns).join(", ")} from ${tables.map(getTableName).join(", ")} limit 0`,
);

function qualifiedColumns(table: SQLiteTable): string[] {
  const { name, columns } = getTableConfig(table);
  return columns.map((column) => `"${name}"."${column.name}"`);
}

/** Whether the archive answers and has every table and column that this version of the code needs. Reads no row. */
export async function probe(d1: D1Database): Promise<"ok" | ArchiveFault> {
  const db = openPrimary(d1);
  try {
    await ask(pageTimeoutMs, () => db.batch([db.all(everyColumn)]));
    return "ok";
  } catch (error) {
    return error instanceof ArchiveError ? error.fault : "unavailable";
  }
}
