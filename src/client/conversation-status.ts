import type { ConversationStatus, ConversationSummary, Cursors, Message } from "./api.ts";
import type { PeerPresence } from "./presence.ts";

export interface StatusParts {
  readonly you: string | undefined;
  readonly isLive: boolean;
  readonly head: number;
  readonly oldest: number;
  readonly messages: readonly Message[];
  readonly read: Cursors;
  readonly delivered: Cursors;
  /** How far the user has read by this device's account, told or not. */
  readonly readHere: number;
  readonly peerTyping: boolean;
  readonly presence: PeerPresence | undefined;
  readonly summary: ConversationSummary | undefined;
}

export function statusOf(parts: StatusParts): ConversationStatus {
  const { isLive, head, read, delivered, peerTyping, presence, summary } = parts;
  return {
    isLive,
    head,
    read,
    delivered,
    unread: unreadOf(parts),
    peerOnline: presence?.peerOnline ?? false,
    ...(presence?.lastSeenMs !== undefined && { lastSeenMs: presence.lastSeenMs }),
    peerTyping,
    ...flagsOf(summary),
  };
}

function flagsOf(
  summary: ConversationSummary | undefined,
): Pick<ConversationStatus, "blocked" | "muted" | "archived" | "profile"> {
  if (summary === undefined) {
    return { blocked: false, muted: false, archived: false };
  }
  const { blocked, muted, archived, profile } = summary;
  return { blocked, muted, archived, ...(profile !== undefined && { profile }) };
}

/** Counted where the messages held reach down to the last one read; else by what the server last said. */
function unreadOf({ you, head, oldest, messages, readHere, summary }: StatusParts): number {
  const peersAbove = (seq: number) =>
    messages.filter((message) => message.seq > seq && message.author !== you).length;
  if (readHere >= head) {
    return 0;
  }
  return oldest <= readHere + 1 || summary === undefined
    ? peersAbove(readHere)
    : summary.unread + peersAbove(summary.head);
}
