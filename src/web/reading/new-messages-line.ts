import type { ConversationMessage } from "../../client/index.ts";
import { isOwn } from "./rows.ts";

/** Above which message the "new messages" line stands, whether the reader was looking when it was drawn, and since when. */
export interface Line {
  readonly seq: number | undefined;
  readonly isLooking: boolean;
  readonly sinceMs: number;
}

export interface Seen {
  /** Whether the reader has the conversation before their eyes. */
  readonly isLooking: boolean;
  /** The newest message that the reader had read, and how many of the peer came since. */
  readonly readSeq: number;
  readonly unread: number;
  readonly messages: readonly ConversationMessage[];
  readonly you: string | undefined;
  readonly nowMs: number;
}

export const noLine: Line = { seq: undefined, isLooking: false, sinceMs: Infinity };

/**
 * The line stands above the first message that came while the reader looked elsewhere. It stays while they look, though
 * they read what is below it, until they answer or come back to something newer.
 */
export function nextLine(line: Line, { isLooking, readSeq, unread, messages, you, nowMs }: Seen): Line {
  const seq = nextSeq(line, { isLooking, readSeq, unread, messages, you, nowMs });
  return { seq, isLooking, sinceMs: seq === line.seq ? line.sinceMs : nowMs };
}

function nextSeq(line: Line, { isLooking, readSeq, unread, messages, you }: Seen): number | undefined {
  // What failed or waits since an earlier day is no answer.
  if (messages.some(({ seq, createdAt }) => seq === undefined && createdAt >= line.sinceMs)) {
    return undefined;
  }
  if (line.isLooking) {
    return line.seq;
  }
  const oldest = messages[0]?.seq;
  const isBeforeAllLoaded = unread > 0 && oldest !== undefined && oldest > readSeq + 1;
  const first = messages.find((message) => (message.seq ?? 0) > readSeq && !isOwn(message, you))?.seq;
  return (isBeforeAllLoaded ? readSeq + 1 : first) ?? (isLooking ? undefined : line.seq);
}
