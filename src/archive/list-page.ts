import type { ConversationList, ListedConversation } from "../protocol/conversation-list.ts";

/** A place in a list: a page begins behind it. It stays where it is while conversations move. */
export interface ListPlace {
  readonly lastAtMs: number;
  readonly key: string;
}

/** A conversation and its place. */
export interface ListEntry extends ListPlace {
  readonly conversation: ListedConversation;
}

/** One page, the totals over all entries, and the place where the next page begins, where there is one. */
interface ListPage extends Pick<ConversationList, "conversations" | "unread"> {
  readonly next: ListPlace | undefined;
}

/** The first `limit` of the entries behind a place, or of all: newest message first, of equal times the greater key. */
export function listPage(
  entries: readonly ListEntry[],
  limit: number,
  behind: ListPlace | undefined,
): ListPage {
  const rest = behind === undefined ? entries : entries.filter((entry) => inOrder(behind, entry) < 0);
  const page = rest.toSorted(inOrder).slice(0, limit);
  return {
    conversations: page.map(({ conversation }) => conversation),
    unread: unreadOver(entries.map(({ conversation }) => conversation)),
    next: rest.length > limit ? page.at(-1) : undefined,
  };
}

function unreadOver(conversations: readonly ListedConversation[]): ConversationList["unread"] {
  const mutedMessages = unreadMessages(conversations.filter(({ muted }) => muted));
  return {
    messages: unreadMessages(conversations),
    conversations: conversations.filter(({ unread }) => unread > 0).length,
    ...(mutedMessages > 0 && { mutedMessages }),
  };
}

function unreadMessages(conversations: readonly ListedConversation[]): number {
  return conversations.reduce((total, { unread }) => total + unread, 0);
}

function inOrder(one: ListPlace, other: ListPlace): number {
  if (one.lastAtMs !== other.lastAtMs) {
    return other.lastAtMs - one.lastAtMs;
  }
  if (one.key === other.key) {
    return 0;
  }
  return one.key > other.key ? -1 : 1;
}
