import type { ConversationMessage } from "../../client/index.ts";

/** So many messages are drawn, or left undrawn, together. */
const chunkMessages = 40;

export interface Chunk {
  readonly index: number;
  readonly messages: readonly ConversationMessage[];
}

/**
 * Cuts a conversation by its numbers, so that older messages before it and newer ones behind it leave the chunks between
 * as they were. What waits to be sent stands in the last one, where it will most likely get its number.
 */
export function chunksOf(messages: readonly ConversationMessage[]): Chunk[] {
  const chunks: { index: number; messages: ConversationMessage[] }[] = [];
  for (const message of messages) {
    const last = chunks.at(-1);
    const index = message.seq === undefined ? (last?.index ?? 0) : chunkIndex(message.seq);
    if (last?.index === index) {
      last.messages.push(message);
    } else {
      chunks.push({ index, messages: [message] });
    }
  }
  return chunks;
}

export function chunkIndex(seq: number): number {
  return Math.floor((seq - 1) / chunkMessages);
}
