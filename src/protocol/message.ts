import * as z from "zod";
import { countSchema, messageIdSchema, seqSchema, timeSchema, userIdSchema } from "./identity.ts";

/** What a reply shows of the message that it answers, as that is now: its first characters, none once it is deleted. */
export const quoteSchema = z.object({
  author: userIdSchema,
  text: z.string(),
  deletedAt: timeSchema.optional(),
});

/**
 * A message as everybody sees it: in frames, in REST pages, in answers to a send. `text` is empty once it is deleted.
 * `reactions` name for each emoji who reacted with it, in the order in which they did.
 */
export const messageSchema = z.object({
  seq: seqSchema,
  rev: seqSchema,
  id: messageIdSchema,
  author: userIdSchema,
  text: z.string(),
  createdAt: timeSchema,
  editedAt: timeSchema.optional(),
  deletedAt: timeSchema.optional(),
  replyTo: seqSchema.optional(),
  quote: quoteSchema.optional(),
  reactions: z.record(z.string(), z.array(userIdSchema)).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type Message = z.infer<typeof messageSchema>;

/** What a committed send or change answers: its own `id`, and the numbers it got. */
export const receiptSchema = z.object({
  id: messageIdSchema,
  seq: seqSchema,
  rev: countSchema,
  createdAt: timeSchema,
});
export type Receipt = z.infer<typeof receiptSchema>;
