import type { Message } from "../protocol/message.ts";
import type { Pair, Side } from "../protocol/pair.ts";
import { previewOf } from "../protocol/preview.ts";

/** A message as the object's log and the archive keep it; sides stand for users, times are milliseconds. */
export interface StoredMessage {
  readonly seq: number;
  /** The revision that last changed it. */
  readonly rev: number;
  /** The revision that created it; equal to `rev` while it is unchanged. Grows with `seq`. */
  readonly createdRev: number;
  readonly author: Side;
  readonly id: string;
  readonly text: string;
  readonly createdAtMs: number;
  /** How many of the messages 1…seq are of side `a`: unread counts are arithmetic on it. */
  readonly countA: number;
  readonly editedAtMs: number | null;
  readonly deletedAtMs: number | null;
  readonly replyTo: number | null;
  /** JSON: emoji → sides, in the order they reacted. */
  readonly reactions: string | null;
  /** JSON object of the app's own. */
  readonly data: string | null;
  /** The client's `id` of the newest edit, and the revision it took. */
  readonly editId: string | null;
  readonly editRev: number | null;
}

/** What a reply shows of the message that it answers, as that is now. */
export interface Quote {
  readonly author: Side;
  /** Its first characters; empty once it is deleted. */
  readonly text: string;
  readonly deletedAtMs: number | null;
}

/** A message as readers get it: a reply comes with its quote. */
export interface QuotingMessage extends StoredMessage {
  readonly quote: Quote | null;
}

export function quoteOf({ author, text, deletedAtMs }: Pick<StoredMessage, keyof Quote>): Quote {
  return { author, text: previewOf(text), deletedAtMs };
}

/** What a message that was never edited, deleted, reacted to or given data has in the columns for it. */
export const untouched = {
  editedAtMs: null,
  deletedAtMs: null,
  replyTo: null,
  reactions: null,
  data: null,
  editId: null,
  editRev: null,
} as const;

/** A message's values in the order of its columns, which is the same in both stores. */
export function messageValues(row: StoredMessage): (string | number | null)[] {
  return [
    row.seq,
    row.rev,
    row.createdRev,
    row.author,
    row.id,
    row.text,
    row.createdAtMs,
    row.countA,
    row.editedAtMs,
    row.deletedAtMs,
    row.replyTo,
    row.reactions,
    row.data,
    row.editId,
    row.editRev,
  ];
}

/** How many of the messages 1…seq the given side wrote. */
export function writtenBy(side: Side, at: { readonly seq: number; readonly countA: number }): number {
  return side === "a" ? at.countA : at.seq - at.countA;
}

export function toMessage(row: QuotingMessage, pair: Pair): Message {
  const { quote } = row;
  return {
    seq: row.seq,
    rev: row.rev,
    id: row.id,
    author: pair[row.author],
    text: row.text,
    createdAt: row.createdAtMs,
    ...(row.editedAtMs !== null && { editedAt: row.editedAtMs }),
    ...(row.deletedAtMs !== null && { deletedAt: row.deletedAtMs }),
    ...(row.replyTo !== null && { replyTo: row.replyTo }),
    ...(quote !== null && {
      quote: {
        author: pair[quote.author],
        text: quote.text,
        ...(quote.deletedAtMs !== null && { deletedAt: quote.deletedAtMs }),
      },
    }),
    ...(row.reactions !== null && { reactions: reactionsOf(row.reactions, pair) }),
    ...(row.data !== null && { data: JSON.parse(row.data) as Record<string, unknown> }),
  };
}

function reactionsOf(json: string, pair: Pair): Record<string, string[]> {
  const bySide = JSON.parse(json) as Record<string, Side[]>;
  return Object.fromEntries(
    Object.entries(bySide).map(([emoji, sides]) => [emoji, sides.map((side) => pair[side])]),
  );
}
