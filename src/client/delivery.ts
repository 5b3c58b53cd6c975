import type { ConversationMessage, ConversationStatus } from "./api.ts";

export type Delivery = "pending" | "failed" | "sent" | "delivered" | "read";

/** How far a message of yours has come. */
export function deliveryOf(
  message: ConversationMessage,
  { read, delivered }: Pick<ConversationStatus, "read" | "delivered">,
): Delivery {
  if (message.seq === undefined) {
    return message.error === undefined ? "pending" : "failed";
  }
  if (message.seq <= read.peer) {
    return "read";
  }
  return message.seq <= delivered.peer ? "delivered" : "sent";
}
