import type { ConversationList, ListedConversation } from "../../src/protocol/conversation-list.ts";

interface ModelConversation {
  /** Who wrote message 1, 2, 3 … */
  readonly authors: ("me" | "peer")[];
  lastAtMs: number;
  read: number;
  muted: boolean;
  archived: boolean;
}

/** A user's conversations as plain lists; everything is counted the slow way. */
export class InboxModel {
  readonly #conversations = new Map<string, ModelConversation>();

  conversation(peer: string): ModelConversation {
    const known = this.#conversations.get(peer);
    const conversation = known ?? { authors: [], lastAtMs: 0, read: 0, muted: false, archived: false };
    this.#conversations.set(peer, conversation);
    return conversation;
  }

  /** A message got its number. */
  sent(peer: string, author: "me" | "peer", seq: number, createdAtMs: number): void {
    const conversation = this.conversation(peer);
    conversation.authors[seq - 1] = author;
    conversation.lastAtMs = Math.max(conversation.lastAtMs, createdAtMs);
    conversation.archived = false;
  }

  read(peer: string, seq: number): void {
    const conversation = this.conversation(peer);
    conversation.read = Math.max(conversation.read, seq);
  }

  unread(peer: string): number {
    const { authors, read } = this.conversation(peer);
    let unread = 0;
    for (let seq = read + 1; seq <= authors.length; seq += 1) {
      unread += authors[seq - 1] === "peer" ? 1 : 0;
    }
    return unread;
  }

  /** The list as it must be, in the shape that `shown` gives any list. */
  list(): ReturnType<typeof shown> {
    const listed = [...this.#conversations]
      .filter(([, { authors, archived }]) => authors.length > 0 && !archived)
      .toSorted(([, one], [, other]) => other.lastAtMs - one.lastAtMs)
      .map(([peer, { authors, muted }]) => ({
        peer,
        head: authors.length,
        unread: this.unread(peer),
        muted,
      }));
    const unread = listed.map((conversation) => conversation.unread);
    return {
      conversations: listed,
      messages: unread.reduce((sum, count) => sum + count, 0),
      withUnread: unread.filter((count) => count > 0).length,
    };
  }
}

/** What of a list the model knows. */
export function shown({ conversations, unread }: Pick<ConversationList, "conversations" | "unread">) {
  return {
    conversations: conversations.map(({ peer, head, unread: count, muted }) => ({
      peer,
      head,
      unread: count,
      muted,
    })),
    messages: unread.messages,
    withUnread: unread.conversations,
  };
}

/** The list that a device makes of the summaries it was told. */
export function listOf(summaries: Iterable<ListedConversation>): ReturnType<typeof shown> {
  const listed = [...summaries]
    .filter(({ last, archived }) => last !== undefined && !archived)
    .toSorted((one, other) => (other.last?.createdAt ?? 0) - (one.last?.createdAt ?? 0));
  const unread = listed.map((conversation) => conversation.unread);
  return shown({
    conversations: listed,
    unread: {
      messages: unread.reduce((sum, count) => sum + count, 0),
      conversations: unread.filter((count) => count > 0).length,
    },
  });
}
