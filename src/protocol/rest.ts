import * as z from "zod";
import { nameSchema, pictureSchema, profileSchema, summarySchema } from "./conversation-list.ts";
import { countSchema, messageIdSchema, seqSchema, userIdSchema } from "./identity.ts";
import { defaultListConversations, defaultPageMessages, fixedLimits } from "./limits.ts";
import { editSchema, sendSchema } from "./client-frame.ts";
import { messageSchema, receiptSchema } from "./message.ts";

export const queryCount = z
  .string()
  .regex(/^\d{1,16}$/, "must be a whole number")
  .transform(Number)
  .pipe(countSchema);

/**
 * `GET …/messages`: the page below `before` (default: the newest) or above `after`, true at `rev` or later. Only here,
 * `after` is a `seq`.
 */
export const pageQuerySchema = z
  .object({
    before: queryCount.pipe(seqSchema).optional(),
    after: queryCount.optional(),
    limit: queryCount.pipe(z.int().min(1).max(fixedLimits.maxPageMessages)).default(defaultPageMessages),
    rev: queryCount.optional(),
  })
  .refine(({ before, after }) => before === undefined || after === undefined, {
    path: ["after"],
    message: "a page lies below `before` or above `after`: name one of them",
  });
export type PageQuery = z.infer<typeof pageQuerySchema>;

/** `GET …/socket`: where the replay starts; none without it. */
export const socketQuerySchema = z.object({ after: queryCount.optional() });

/** Oldest first. `rev` is the revision the page is true at. */
export const pageSchema = z.object({
  messages: z.array(messageSchema),
  hasMore: z.boolean(),
  head: countSchema,
  rev: countSchema,
});
export type Page = z.infer<typeof pageSchema>;

/** Every answer's header: what the log calls the request, and the socket that it opens. */
export const requestIdHeader = "x-request-id";

/** A page's header: the revision up to which the archive was its source; 0 where the record answered alone. */
export const archivedRevHeader = "pairline-archived-rev";

/** `POST …/messages` */
export const sendBodySchema = sendSchema.omit({ type: true });
export type SendBody = z.infer<typeof sendBodySchema>;

/** 201, or 200 where this id was stored before. */
export const sendAnswerSchema = receiptSchema.extend({ message: messageSchema });
export type SendAnswer = z.infer<typeof sendAnswerSchema>;

/** The message that a path names: `…/messages/{seq}` */
export const messagePathSchema = z.object({ seq: queryCount.pipe(seqSchema) });

/** `DELETE …/messages/{seq}`, `PUT` and `DELETE …/messages/{seq}/reactions/{emoji}`: what a frame says beside them may be named. */
export const changeQuerySchema = z.object({ id: messageIdSchema.optional(), after: queryCount.optional() });

/** `PATCH …/messages/{seq}` */
export const editBodySchema = editSchema.omit({ type: true, seq: true });

/** An edit, a deletion or a reaction is durable: the `rev` it took, and the message as it is now. */
export const changeAnswerSchema = z.object({ seq: seqSchema, rev: countSchema, message: messageSchema });
export type ChangeAnswer = z.infer<typeof changeAnswerSchema>;

/** `PUT …/read` */
export const readBodySchema = z.object({ seq: countSchema });

/** The cursor after the call: never lower than before it. */
export const readAnswerSchema = z.object({ seq: countSchema });
export type ReadAnswer = z.infer<typeof readAnswerSchema>;

/** `GET /v1/conversations/{peer}` */
export const ownSummarySchema = summarySchema.extend({ you: userIdSchema });
export type OwnSummary = z.infer<typeof ownSummarySchema>;

/** `GET /v1/conversations`. Without `changedSince`, archived conversations are left out unless `archived=true` asks for them alone. */
export const listQuerySchema = z.object({
  limit: queryCount
    .pipe(z.int().min(1).max(fixedLimits.maxListConversations))
    .default(defaultListConversations),
  cursor: z.string().optional(),
  changedSince: queryCount.optional(),
  archived: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .pipe(z.boolean())
    .optional(),
});
export type ListQuery = z.infer<typeof listQuerySchema>;

/** `PATCH /v1/conversations/{peer}`, answered by the conversation as it is then. */
export const flagsBodySchema = z
  .object({ muted: z.boolean().optional(), archived: z.boolean().optional() })
  .refine(({ muted, archived }) => muted !== undefined || archived !== undefined, "names no flag to set");
export type FlagsBody = z.infer<typeof flagsBodySchema>;

/** `GET /v1/users/{id}` */
export const userSchema = profileSchema.extend({ id: userIdSchema });
export type User = z.infer<typeof userSchema>;

/** `PUT /v1/admin/users/{id}`: replaces what is known of the user; without `aliases` those stay as they are. */
export const adminUserBodySchema = z.object({
  name: nameSchema.optional(),
  picture: pictureSchema.optional(),
  aliases: z.array(userIdSchema).max(fixedLimits.maxAliases).optional(),
});
export type AdminUserBody = z.infer<typeof adminUserBodySchema>;

export const adminUserSchema = userSchema.extend({ aliases: z.array(userIdSchema) });
export type AdminUser = z.infer<typeof adminUserSchema>;

/** `GET` and `PUT /v1/me/presence` */
export const presenceBodySchema = z.object({ visible: z.boolean() });
export type PresenceBody = z.infer<typeof presenceBodySchema>;

/** `GET /health`: 200 when all is well, else 503. */
export const healthSchema = z.object({
  status: z.enum(["ok", "unavailable"]),
  archive: z.enum(["ok", "unreachable", "not_migrated"]),
  keys: z.enum(["configured", "missing"]),
  version: z.string(),
});
export type Health = z.infer<typeof healthSchema>;
