import { quoteOf, type QuotingMessage, type StoredMessage } from "../model/message.ts";
import type { Log } from "./log.ts";

/** Messages as readers get them: replies with what they answer, as that is now. Reads each of those once. */
export function quoting(log: Log, messages: readonly StoredMessage[]): QuotingMessage[] {
  const seqs = new Set(messages.flatMap(({ replyTo }) => (replyTo === null ? [] : [replyTo])));
  const answered = seqs.size === 0 ? [] : log.messagesOf([...seqs]);
  const quotes = new Map(answered.map((row) => [row.seq, quoteOf(row)]));
  return messages.map((row) => ({ ...row, quote: quotes.get(row.replyTo ?? 0) ?? null }));
}
