import type { Summary } from "../protocol/conversation-list.ts";
import { otherSide, type Pair, type Side } from "../protocol/pair.ts";
import { readAsSeen, type Flags } from "./flags.ts";
import { previewOf } from "../protocol/preview.ts";
import type { conversations } from "./schema.ts";
import { writtenBy, type StoredMessage } from "./stored-message.ts";

/** The newest message; no text once it is deleted. */
export interface LastMessage {
  readonly author: Side;
  readonly text: string | null;
  readonly createdAtMs: number;
}

/** A conversation at a glance, with both sides, as it stood at `rev`. */
export interface ArchiveSummary {
  readonly users: Pair;
  readonly rev: number;
  readonly head: number;
  readonly last: LastMessage | undefined;
  /** How many messages are of side `a`. */
  readonly countA: number;
  readonly read: Readonly<Record<Side, number>>;
  /** How many of the peer's messages lie at or below each side's read cursor. */
  readonly readCounts: Readonly<Record<Side, number>>;
  readonly flags: Flags;
}

export function lastFrom({
  author,
  text,
  createdAtMs,
  deletedAtMs,
}: Pick<StoredMessage, "author" | "text" | "createdAtMs" | "deletedAtMs">): LastMessage {
  return { author, text: deletedAtMs === null ? text : null, createdAtMs };
}

type SummaryRow = typeof conversations.$inferSelect;

/** A summary as its row in D1 says it. */
export function summaryFrom(row: SummaryRow): ArchiveSummary {
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

/** A summary as one of the two sees it. Unread is arithmetic on running counts, so it cannot drift. */
export function summaryAsSeen(summary: ArchiveSummary, side: Side): Summary {
  const { users, rev, head, last, countA, read, readCounts, flags } = summary;
  const peer = otherSide(side);
  return {
    peer: users[peer],
    head,
    rev,
    state: flags.state,
    read: { you: read[side], peer: readAsSeen(read[peer], flags, peer) },
    unread: writtenBy(peer, { seq: head, countA }) - readCounts[side],
    muted: flags.muted[side],
    archived: flags.archived[side],
    blocked: flags.blocked[side] !== null,
    ...(last !== undefined && { last: lastAsSeen(last, users) }),
  };
}

function lastAsSeen({ author, text, createdAtMs }: LastMessage, users: Pair): Summary["last"] {
  return {
    author: users[author],
    text: previewOf(text ?? ""),
    createdAt: createdAtMs,
    ...(text === null && { deleted: true }),
  };
}
