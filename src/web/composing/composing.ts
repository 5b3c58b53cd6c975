import type { ConversationMessage, Message } from "../../client/index.ts";

/** What the field is for, as the user chose it. */
export type Composing =
  | { readonly kind: "new" }
  | { readonly kind: "reply" | "edit"; readonly message: ConversationMessage };

/** The same with the message as it is now. */
export type LiveComposing =
  | { readonly kind: "new" }
  | { readonly kind: "reply" | "edit"; readonly message: Message };

const newMessage = { kind: "new" } as const;

/**
 * Looks the message up as it is now, so that a text that was deleted or edited elsewhere shows nowhere as it was. A
 * message that is gone, and a deleted one that was being edited, leave the field to a new message.
 */
export function liveComposing(composing: Composing, messages: readonly ConversationMessage[]): LiveComposing {
  if (composing.kind === "new") {
    return newMessage;
  }
  const { kind, message: chosen } = composing;
  if (isElsewhere(chosen, messages)) {
    return { kind, message: chosen };
  }
  const message = findMessage(messages, chosen);
  const isOver = message === undefined || (kind === "edit" && message.deletedAt !== undefined);
  return isOver ? newMessage : { kind, message };
}

/** Whether other messages are shown than those around it: the reader went to another place. */
function isElsewhere(
  chosen: ConversationMessage,
  messages: readonly ConversationMessage[],
): chosen is Message {
  const isNumbered = chosen.seq !== undefined && messages.some(({ seq }) => seq !== undefined);
  return isNumbered && messages.every(({ seq }) => seq !== chosen.seq);
}

/** The message of this number; undefined if it is another one by now (a reset), or is not loaded. */
export function findMessage(
  messages: readonly ConversationMessage[],
  { seq, id }: { readonly seq?: number | undefined; readonly id?: string },
): Message | undefined {
  const found = messages.find((message): message is Message => seq !== undefined && message.seq === seq);
  return id === undefined || found?.id === id ? found : undefined;
}

/** The message that "up" in an empty field edits: the last one of one's own that has a text. */
export function lastEditable(
  messages: readonly ConversationMessage[],
  you: string | undefined,
): Message | undefined {
  return messages.findLast(
    (message): message is Message =>
      message.seq !== undefined &&
      message.author === you &&
      message.deletedAt === undefined &&
      message.text !== "",
  );
}
