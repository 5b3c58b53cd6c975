import * as z from "zod";
import { countSchema, timeSchema, userIdSchema } from "./identity.ts";
import { fixedLimits } from "./limits.ts";

const wellFormed = (text: string) => text.isWellFormed() && !text.includes("\u0000");

/** A name to show, and the address of a picture. What does not fit is no name: a token's claim is then passed over. */
export const nameSchema = z.string().min(1).max(fixedLimits.maxNameCharacters).refine(wellFormed);
export const pictureSchema = z.string().min(1).max(fixedLimits.maxPictureCharacters).refine(wellFormed);

/** What a user may be called and look like: from the token's claims, or set by the app's team. */
export const profileSchema = z.object({
  name: nameSchema.optional(),
  picture: pictureSchema.optional(),
});
export type Profile = z.infer<typeof profileSchema>;

/**
 * A conversation at a glance, as one of its users sees it. Of two of them the one of higher `rev` is newer, then the one
 * of higher `state`, which counts what takes no `rev` (mute, archive, block); read cursors only grow.
 */
export const summarySchema = z.object({
  peer: userIdSchema,
  head: countSchema,
  rev: countSchema,
  state: countSchema,
  read: z.object({ you: countSchema, peer: countSchema }),
  unread: countSchema,
  muted: z.boolean(),
  archived: z.boolean(),
  /** The user has blocked the peer. */
  blocked: z.boolean(),
  /** The newest message; its text cut at 140 characters, empty once it is deleted. */
  last: z
    .object({
      author: userIdSchema,
      text: z.string(),
      createdAt: timeSchema,
      deleted: z.literal(true).optional(),
    })
    .optional(),
});
export type Summary = z.infer<typeof summarySchema>;

export const listedConversationSchema = summarySchema.extend({ profile: profileSchema.optional() });
export type ListedConversation = z.infer<typeof listedConversationSchema>;

/**
 * `GET /v1/conversations`: newest message first. `unread` counts over all conversations that the query selects, not only
 * this page. `position` is what a later `changedSince` names; `nextCursor` leads to the page behind this one.
 */
export const conversationListSchema = z.object({
  conversations: z.array(listedConversationSchema),
  unread: z.object({
    messages: countSchema,
    conversations: countSchema,
    /** How many of `messages` are in muted conversations; missing where none is. */
    mutedMessages: countSchema.optional(),
  }),
  position: timeSchema,
  nextCursor: z.string().optional(),
});
export type ConversationList = z.infer<typeof conversationListSchema>;
