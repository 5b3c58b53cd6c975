import type { Flags } from "../model/flags.ts";
import type { ConversationSummary } from "../model/summary.ts";
import type { conversations } from "./schema.ts";

type SummaryRow = typeof conversations.$inferSelect;

/** The summary in a row of D1. */
export function summaryFrom(row: SummaryRow): ConversationSummary {
  const { lastAuthor, lastText, lastAtMs } = row;
  const hasLast = lastAuthor !== null && lastAtMs !== null;
  return {
    users: { a: row.userA, b: row.userB },
    rev: row.rev,
    head: row.head,
    last: hasLast ? { author: lastAuthor, text: lastText, createdAtMs: lastAtMs } : undefined,
    countA: row.countA,
    read: { a: row.readA, b: row.readB },
    readCounts: { a: row.readCountA, b: row.readCountB },
    flags: flagsFrom(row),
  };
}

export function flagsFrom(
  row: Pick<SummaryRow, "state" | `${"muted" | "archived" | "blocked"}${"A" | "B"}`>,
): Flags {
  return {
    state: row.state,
    muted: { a: row.mutedA, b: row.mutedB },
    archived: { a: row.archivedA, b: row.archivedB },
    blocked: { a: row.blockedA, b: row.blockedB },
  };
}
