import * as z from "zod";
import { seqSchema } from "./identity.ts";
import { fixedLimits } from "./limits.ts";
import type { Message } from "./message.ts";
import { numericIdSchema, toNumericId, writtenIdSchema } from "./numeric-id.ts";
import { pageQuerySchema } from "./rest.ts";

/** What the REST of the replaced app, below `/api/chats`, takes and answers. */

/** `GET /api/chats/me/{correspondent_id}`: the messages below `before` (default: the newest). */
export const chatsQuerySchema = z.object({
  before: pageQuerySchema.shape.before,
  limit: z
    .string()
    .regex(/^\d{1,3}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int().min(1).max(fixedLimits.maxChats))
    .default(fixedLimits.maxChats),
});
export type ChatsQuery = z.infer<typeof chatsQuerySchema>;

/** `POST /api/chats`. The sender is the token's user, whom `sender_id` may repeat. */
export const chatBodySchema = z.object({
  receiver_id: numericIdSchema,
  content: z.string(),
  sender_id: numericIdSchema.optional(),
});

/** A message as the replaced app stored it. */
export const chatSchema = z.object({
  id: seqSchema,
  sender_id: writtenIdSchema,
  receiver_id: writtenIdSchema,
  content: z.string(),
  timestamp: z.string(),
});
export type Chat = z.infer<typeof chatSchema>;

/** Newest first. */
export const chatsAnswerSchema = z.object({ data: z.array(chatSchema), message: z.string() });
export type ChatsAnswer = z.infer<typeof chatsAnswerSchema>;

export const chatAnswerSchema = z.object({ data: chatSchema, message: z.string() });
export type ChatAnswer = z.infer<typeof chatAnswerSchema>;

/** Whether the replaced app's clients have a way to show a message: they know neither deletions nor `data`. */
export function isChat({ text }: Message): boolean {
  return text !== "";
}

/** A message that one of two users wrote to the other. */
export function toChat({ seq, author, text, createdAt }: Message, users: readonly [string, string]): Chat {
  const [one, other] = users;
  return {
    id: seq,
    sender_id: toNumericId(author),
    receiver_id: toNumericId(author === one ? other : one),
    content: text,
    timestamp: new Date(createdAt).toISOString(),
  };
}
