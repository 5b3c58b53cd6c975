import { and, asc, eq, gte, sql } from "drizzle-orm";
import type { ComparedPart } from "./comparison.ts";
import { ask, openPrimary } from "./database.ts";
import { conversations, messages } from "./schema.ts";
import type { StoredMessage } from "../model/message.ts";
import type { ConversationSummary } from "../model/summary.ts";
import { summaryFrom } from "./summary-row.ts";
import { upsertMessages, upsertSummary, writeBudget } from "./write.ts";

const timeoutMs = 10_000;

/** The summary, and the messages from `from` on, `limit` at most, read on the primary at one moment. Throws an ArchiveError. */
export async function readPart(
  d1: D1Database,
  conversation: string,
  from: number,
  limit: number,
): Promise<ComparedPart> {
  const db = openPrimary(d1);
  const [rows, summaries] = await ask(timeoutMs, () =>
    db.batch([
      db
        .select()
        .from(messages)
        .where(and(eq(messages.conversation, conversation), gte(messages.seq, from)))
        .orderBy(asc(messages.seq))
        .limit(limit),
      db.select().from(conversations).where(eq(conversations.id, conversation)),
    ]),
  );
  return { messages: rows, summary: summaries[0] && summaryFrom(summaries[0]) };
}

/** What a comparison found wrong, as it was found, and what the record has in its place. */
export interface Correction {
  readonly wrong: readonly Pick<StoredMessage, "seq" | "rev">[];
  readonly right: readonly StoredMessage[];
  readonly summary?: { readonly wrong: ConversationSummary; readonly right: ConversationSummary | undefined };
  readonly nowMs: number;
}

/**
 * Puts the record's rows in the place of the wrong ones. A wrong row goes only as it was compared, and then the rule of
 * every flush applies, that the newer `rev` wins; both in one transaction. So what a flush wrote since the comparison
 * stays, and one that lands later finds the record's own rows. Throws an ArchiveError.
 */
export async function correct(
  d1: D1Database,
  conversation: string,
  { wrong, right, summary, nowMs }: Correction,
): Promise<void> {
  const replaced = new Set(right.map(({ seq }) => seq));
  const extra = wrong.filter(({ seq }) => !replaced.has(seq));
  if (extra.length > 0) {
    await ask(timeoutMs, () => removeMessages(openPrimary(d1), conversation, extra));
  }
  for (const rows of inBudgets(right)) {
    const seqs = new Set(rows.map(({ seq }) => seq));
    const gone = wrong.filter(({ seq }) => seqs.has(seq));
    await ask(timeoutMs, async () => {
      const db = openPrimary(d1);
      await db.batch([removeMessages(db, conversation, gone), upsertMessages(db, conversation, rows)]);
    });
  }
  if (summary !== undefined) {
    await ask(timeoutMs, () => replaceSummary(openPrimary(d1), conversation, summary, nowMs));
  }
}

function removeMessages(
  db: ReturnType<typeof openPrimary>,
  conversation: string,
  rows: readonly Pick<StoredMessage, "seq" | "rev">[],
) {
  const encoded = JSON.stringify(rows.map(({ seq, rev }) => [seq, rev]));
  return db
    .delete(messages)
    .where(
      and(
        eq(messages.conversation, conversation),
        sql`(${messages.seq}, ${messages.rev}) in (select value->>0, value->>1 from json_each(${encoded}))`,
      ),
    );
}

async function replaceSummary(
  db: ReturnType<typeof openPrimary>,
  conversation: string,
  { wrong, right }: NonNullable<Correction["summary"]>,
  nowMs: number,
): Promise<void> {
  // All that any flush moves: a row that still has these was not written since.
  const removed = db
    .delete(conversations)
    .where(
      and(
        eq(conversations.id, conversation),
        eq(conversations.rev, wrong.rev),
        eq(conversations.readA, wrong.read.a),
        eq(conversations.readB, wrong.read.b),
        eq(conversations.state, wrong.flags.state),
      ),
    );
  await (right === undefined
    ? removed
    : db.batch([removed, upsertSummary(db, conversation, { base: 0, summary: right, nowMs })]));
}

/** Rows cut so that each write stays within the budget of one. */
function inBudgets(rows: readonly StoredMessage[]): StoredMessage[][] {
  const cut: StoredMessage[][] = [];
  let characters = Infinity;
  for (const row of rows) {
    const size = row.text.length + (row.data?.length ?? 0) + (row.reactions?.length ?? 0);
    characters += size;
    if (characters > writeBudget.characters) {
      cut.push([]);
      characters = size;
    }
    cut.at(-1)?.push(row);
  }
  return cut;
}
