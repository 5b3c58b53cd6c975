import type { Message } from "../protocol/message.ts";
import type { Pair, Side } from "../protocol/pair.ts";
import { previewOf } from "../protocol/preview.ts";

/** A message as the object and D1 store it. A side stands for each user. */
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
  /** Number of the messages 1…seq by side `a`. Unread counts are computed from it. */
  readonly countA: number;
  readonly editedAtMs: number | null;
  readonly deletedAtMs: number | null;
  readonly replyTo: number | null;
  /** JSON: emoji → sides, in the order they reacted. */
  readonly reactions: string | null;
  /** JSON object of the app. */
  readonly data: string | null;
  /** The client's `id` of the newest edit, and the revision it took. */
  readonly editId: string | null;
  readonly editRev: number | null;
}

/** What a reply shows of the message that it answers, in its current state. */
export interface Quote {
  readonly author: Side;
  /** The first characters. Empty when the message is deleted. */
  readonly text: string;
  readonly deletedAtMs: number | null;
}

/** A message for readers: a reply has its quote. */
export interface QuotingMessage extends StoredMessage {
  readonly quote: Quote | null;
}

export function quoteOf({ author, text, deletedAtMs }: Pick<StoredMessage, keyof Quote>): Quote {
  return { author, text: previewOf(text), deletedAtMs };
}

/** The optional columns of a message without edits, deletion, reply, reactions or data. */
export const untouched = {
  editedAtMs: null,
  deletedAtMs: null,
  replyTo: null,
  reactions: null,
  data: null,
  editId: null,
  editRev: null,
} as const;

/** The values in the order of the columns, which is the same in the object and in D1. */
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

/** Number of the messages 1…seq that a side wrote. */
export function countWrittenBy(side: Side, at: { readonly seq: number; readonly countA: number }): number {
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
