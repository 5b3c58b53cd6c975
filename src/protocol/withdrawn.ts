import type { Message } from "./message.ts";

/**
 * A message that waits to be told while one is deleted: what it would have shown of that one is gone, from its text or
 * from its quote. Its `rev` stays, since clients count them.
 */
export function withdrawn(waiting: Message, deleted: Message): Message {
  if (waiting.seq === deleted.seq) {
    return { ...deleted, rev: waiting.rev };
  }
  if (waiting.replyTo !== deleted.seq || waiting.quote === undefined) {
    return waiting;
  }
  const { deletedAt } = deleted;
  return {
    ...waiting,
    quote: { ...waiting.quote, text: "", ...(deletedAt !== undefined && { deletedAt }) },
  };
}
