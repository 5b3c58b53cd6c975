import type { Summary } from "../protocol/conversation-list.ts";
import { otherSide, type Pair, type Side } from "../protocol/pair.ts";
import { visibleReadCursor, type Flags } from "./flags.ts";
import { previewOf } from "../protocol/preview.ts";
import { countWrittenBy, type StoredMessage } from "./message.ts";

/** The newest message. `text` is null when it is deleted. */
export interface LastMessage {
  readonly author: Side;
  readonly text: string | null;
  readonly createdAtMs: number;
}

/** A conversation of both sides without its messages, at `rev`. */
export interface ConversationSummary {
  readonly users: Pair;
  readonly rev: number;
  readonly head: number;
  readonly last: LastMessage | undefined;
  /** Number of messages by side `a`. */
  readonly countA: number;
  readonly read: Readonly<Record<Side, number>>;
  /** For each side, the number of the peer's messages at or below its read cursor. */
  readonly readCounts: Readonly<Record<Side, number>>;
  readonly flags: Flags;
}

export function lastMessageOf({
  author,
  text,
  createdAtMs,
  deletedAtMs,
}: Pick<StoredMessage, "author" | "text" | "createdAtMs" | "deletedAtMs">): LastMessage {
  return { author, text: deletedAtMs === null ? text : null, createdAtMs };
}

/** The summary that one side may see. `unread` is computed from running counts, so it cannot drift. */
export function summaryForSide(summary: ConversationSummary, side: Side): Summary {
  const { users, rev, head, last, countA, read, readCounts, flags } = summary;
  const peer = otherSide(side);
  return {
    peer: users[peer],
    head,
    rev,
    state: flags.state,
    read: { you: read[side], peer: visibleReadCursor(read[peer], flags, peer) },
    unread: countWrittenBy(peer, { seq: head, countA }) - readCounts[side],
    muted: flags.muted[side],
    archived: flags.archived[side],
    blocked: flags.blocked[side] !== null,
    ...(last !== undefined && { last: visibleLast(last, users) }),
  };
}

function visibleLast({ author, text, createdAtMs }: LastMessage, users: Pair): Summary["last"] {
  return {
    author: users[author],
    text: previewOf(text ?? ""),
    createdAt: createdAtMs,
    ...(text === null && { deleted: true }),
  };
}
