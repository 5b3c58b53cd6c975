import type { ConversationMessage } from "../../client/index.ts";
import { isOwn } from "./rows.ts";

/** Above which message the "new messages" line stands, and whether the reader was looking when it was drawn. */
export interface Line {
  readonly seq: number | undefined;
  readonly isLooking: boolean;
}

export interface Seen {
  /** Whether the reader has the conversation before their eyes. */
  readonly isLooking: boolean;
  /** The newest message that the reader had read, and how many of the peer came since. */
  readonly readSeq: number;
  readonly unread: number;
  readonly messages: readonly ConversationMessage[];
  readonly you: string | undefined;
}

export const noLine: Line = { seq: undefined, isLooking: false };

/**
 * The line stands above the first message that came while the reader looked elsewhere. It stays while they look, though
 * they read what is below it, until they answer or come back to something newer.
 */
export function nextLine(line: Line, { isLooking, readSeq, unread, messages, you }: Seen): Line {
  if (messages.some(({ seq }) => seq === undefined)) {
    return { seq: undefined, isLooking };
  }
  if (line.isLooking) {
    return { seq: line.seq, isLooking };
  }
  const oldest = messages[0]?.seq;
  const isBeforeAllLoaded = unread > 0 && oldest !== undefined && oldest > readSeq + 1;
  const first = messages.find((message) => (message.seq ?? 0) > readSeq && !isOwn(message, you))?.seq;
  const seq = isBeforeAllLoaded ? readSeq + 1 : first;
  return { seq: seq ?? (isLooking ? undefined : line.seq), isLooking };
}
