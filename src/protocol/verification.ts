import * as z from "zod";
import { countSchema, seqSchema, userIdSchema } from "./identity.ts";
import { fixedLimits } from "./limits.ts";
import { queryCount } from "./rest.ts";

/** `GET /v1/admin/conversations` */
export const pairsQuerySchema = z.object({
  limit: queryCount
    .pipe(z.int().min(1).max(fixedLimits.maxListConversations))
    .default(fixedLimits.maxListConversations),
  cursor: z.string().max(128).default(""),
});

/** The two users of each conversation that D1 has, in an order that does not change; `nextCursor` where more may follow. */
export const conversationPairsSchema = z.object({
  conversations: z.array(z.tuple([userIdSchema, userIdSchema])),
  nextCursor: z.string().optional(),
});
export type ConversationPairs = z.infer<typeof conversationPairsSchema>;

/** `POST /v1/admin/conversations/verify`: the part that begins at message `from`; with `repair` what differs is archived again. */
export const verifyBodySchema = z.object({
  users: z.tuple([userIdSchema, userIdSchema]),
  from: seqSchema.default(1),
  repair: z.boolean().default(false),
});

/** A row in which D1 is not as the record; without `seq` the conversation's summary. Names columns, never what is in them. */
export const differenceSchema = z.object({
  seq: z.int().optional(),
  kind: z.enum(["missing", "extra", "differs"]),
  columns: z.array(z.string()).optional(),
});
export type Difference = z.infer<typeof differenceSchema>;

/**
 * One part of a comparison. `checked`: messages compared. `pending`: rows of the record that are on their way to D1.
 * `remaining`: with `repair`, how many of the differences it left. `next`: where the next part begins; none after the last.
 */
export const verificationSchema = z.object({
  rev: countSchema,
  archivedRev: countSchema,
  checked: countSchema,
  pending: countSchema,
  differences: z.array(differenceSchema),
  remaining: countSchema.optional(),
  next: seqSchema.optional(),
});
export type Verification = z.infer<typeof verificationSchema>;
