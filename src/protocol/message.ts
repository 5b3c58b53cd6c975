import * as z from "zod";
import { countSchema, messageIdSchema, seqSchema, timeSchema, userIdSchema } from "./identity.ts";

/** A message as everybody sees it: in frames, in REST pages, in answers to a send. `text` is empty once deleted. */
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
  reactions: z.record(z.string(), z.array(userIdSchema)).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type Message = z.infer<typeof messageSchema>;

/** What a committed send answers: the numbers its message got. */
export const receiptSchema = z.object({
  id: messageIdSchema,
  seq: seqSchema,
  rev: countSchema,
  createdAt: timeSchema,
});
export type Receipt = z.infer<typeof receiptSchema>;
