import type { Conversation, ConversationMessage } from "../../client/index.ts";
import { isOwn } from "./rows.ts";

/** Pages that are searched for the first unread message: one's own do not count as unread. */
const mostPages = 20;

/**
 * Loads what the reader sees first: the first message that they have not read, however many are unread, else the newest
 * messages. Rejects with a PairlineError.
 */
export async function openFirstUnread(
  { messages, status }: Pick<Conversation, "messages" | "status">,
  you: string | undefined,
): Promise<void> {
  const { unread, read } = status.value;
  if (unread === 0) {
    await (messages.value.length === 0 && messages.hasOlder ? messages.loadOlder() : undefined);
    return;
  }
  const isUnread = (message: ConversationMessage) => (message.seq ?? 0) > read.you && !isOwn(message, you);
  await messages.openAt(read.you + 1);
  for (let pages = 0; pages < mostPages && messages.hasNewer && !messages.value.some(isUnread); pages += 1) {
    await messages.loadNewer(100);
  }
}
