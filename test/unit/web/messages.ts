import type { ConversationMessage } from "../../../src/client/index.ts";

const firstMs = new Date(2026, 10, 23, 12).getTime();

/** Message `seq` of a conversation, a second after the one before. */
export function message(
  seq: number,
  author: string,
  more: Partial<{ createdAt: number }> = {},
): ConversationMessage {
  return {
    seq,
    rev: seq,
    id: `id-${seq}`,
    author,
    text: `text ${seq}`,
    createdAt: firstMs + seq * 1_000,
    ...more,
  };
}

export function pending(id: string, author: string | undefined): ConversationMessage {
  return { id, author, text: "waits", createdAt: firstMs + 1_000_000 };
}
