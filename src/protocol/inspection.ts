import * as z from "zod";
import { countSchema, timeSchema, userIdSchema } from "./identity.ts";

const bothCounts = z.tuple([countSchema, countSchema]);

/** How far D1 is, and how many revisions it lacks; without both where the object could not ask it since it woke up. */
export const archiveStandingSchema = z.object({
  rev: countSchema.optional(),
  lag: countSchema.optional(),
  failingSince: timeSchema.optional(),
});

/** What the log calls the object of a conversation, and those of its users in their order. */
export const objectIdsSchema = z.object({
  conversation: z.string(),
  inboxes: z.tuple([z.string(), z.string()]),
});

/**
 * How a conversation's object stands, for support: numbers and times, nothing that was said. What comes in pairs is in the
 * order of `users`.
 */
export const inspectionSchema = z.object({
  users: z.tuple([userIdSchema, userIdSchema]),
  head: countSchema,
  rev: countSchema,
  /** When the newest message was sent. */
  lastAt: timeSchema.optional(),
  read: bothCounts,
  delivered: bothCounts,
  /** Whether each has blocked the other. */
  blocked: z.tuple([z.boolean(), z.boolean()]),
  /** Sockets in the conversation itself. */
  sockets: bothCounts,
  archive: archiveStandingSchema,
  /** Whether an inbox is still to be told of something. */
  owesInboxes: z.boolean(),
  objectIds: objectIdsSchema,
});
export type Inspection = z.infer<typeof inspectionSchema>;

/** What the object itself says. */
export type Standing = Omit<Inspection, "objectIds">;
