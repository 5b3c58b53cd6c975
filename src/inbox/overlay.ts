import type { ConversationList, ListedConversation, Summary } from "../protocol/conversation-list.ts";

/** Whether one summary of a conversation is of a later moment than another. */
export function isNewer(one: Summary, other: Summary): boolean {
  if (one.rev !== other.rev) {
    return one.rev > other.rev;
  }
  if (one.state !== other.state) {
    return one.state > other.state;
  }
  return one.read.you > other.read.you || one.read.peer > other.read.peer;
}

/**
 * Whether a summary can correct the totals of a page that lacks its conversation. If D1 already has the summary, it is
 * unknown whether the page was read before that, so the totals may or may not include it.
 */
export function isCountable(summary: Summary, archived: Summary | undefined): boolean {
  return archived === undefined || isNewer(summary, archived);
}

/**
 * The first page of a list with what conversations told since it was written. Where there are further pages `archived` has
 * the archive's word on told conversations that this one lacks, so that the totals come out exact; a page that is the
 * whole list counted nothing of them, whatever the archive says a moment later. The page only grows: its cursor stays good.
 */
export function withRecentSummaries(
  list: ConversationList,
  recent: readonly Summary[],
  archived: ReadonlyMap<string, Summary>,
): ConversationList {
  const onPage = new Map(list.conversations.map((conversation) => [conversation.peer, conversation]));
  const { unread, nextCursor } = list;
  const behind = nextCursor === undefined ? new Map<string, Summary>() : archived;
  let { messages, conversations, mutedMessages = 0 } = unread;
  for (const summary of recent) {
    const before = onPage.get(summary.peer) ?? behind.get(summary.peer);
    if (before !== undefined && !isNewer(summary, before)) {
      continue;
    }
    messages += unreadIn(summary) - unreadIn(before);
    conversations += Math.sign(unreadIn(summary)) - Math.sign(unreadIn(before));
    mutedMessages += mutedUnreadIn(summary) - mutedUnreadIn(before);
    onPage.set(summary.peer, { ...profileOf(onPage.get(summary.peer)), ...summary });
  }
  const shown = [...onPage.values()].filter(
    ({ last, archived: isArchived }) => last !== undefined && !isArchived,
  );
  return {
    ...list,
    conversations: shown.toSorted((one, other) => (other.last?.createdAt ?? 0) - (one.last?.createdAt ?? 0)),
    unread: { messages, conversations, ...(mutedMessages > 0 && { mutedMessages }) },
  };
}

function unreadIn(summary: Summary | undefined): number {
  return summary === undefined || summary.archived ? 0 : summary.unread;
}

function mutedUnreadIn(summary: Summary | undefined): number {
  return summary?.muted === true ? unreadIn(summary) : 0;
}

function profileOf(listed: ListedConversation | undefined): Pick<ListedConversation, "profile"> {
  return listed?.profile === undefined ? {} : { profile: listed.profile };
}
