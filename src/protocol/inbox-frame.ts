import * as z from "zod";
import {
  authSchema,
  deleteSchema,
  deliveredSchema,
  editSchema,
  parseFrame,
  reactSchema,
  readSchema,
  sendSchema,
  typingSchema,
  type Parsed,
} from "./client-frame.ts";
import { conversationListSchema, summarySchema } from "./conversation-list.ts";
import { countSchema, timeSchema, userIdSchema } from "./identity.ts";
import { fixedLimits, limitsSchema } from "./limits.ts";
import {
  ackSchema,
  deliveredFrameSchema,
  errorFrameSchema,
  messageFrameSchema,
  presenceSchema,
  readFrameSchema,
  readySchema,
  resetSchema,
  typingFrameSchema,
} from "./server-frame.ts";

const ofPeer = { peer: userIdSchema };

/** What changed in a conversation after `after`, as a replay; without `after`, only how it stands. Answered by `synced`. */
export const syncSchema = z.object({ type: z.literal("sync"), ...ofPeer, after: countSchema.optional() });

/** The peers whose presence this socket follows from now on, instead of those it named before. */
export const subscribeSchema = z.object({
  type: z.literal("subscribe"),
  peers: z.array(userIdSchema).max(fixedLimits.maxPresencePeers),
});

/** Frames to `GET /v1/socket`: those of a conversation's socket with a `peer`, and what only the inbox has. */
export const inboxClientFrameSchema = z.discriminatedUnion("type", [
  sendSchema.extend(ofPeer),
  editSchema.extend(ofPeer),
  deleteSchema.extend(ofPeer),
  reactSchema.extend(ofPeer),
  readSchema.extend(ofPeer),
  deliveredSchema.extend(ofPeer),
  typingSchema.extend(ofPeer),
  syncSchema,
  subscribeSchema,
  authSchema,
]);
export type InboxClientFrame = z.infer<typeof inboxClientFrameSchema>;

export function parseInboxFrame(text: string): Parsed<InboxClientFrame> {
  return parseFrame(inboxClientFrameSchema, text);
}

/** The first frame: how the list stands. Without `list` the archive could not be asked; `GET /v1/conversations` later. */
export const inboxReadySchema = z.object({
  type: z.literal("ready"),
  you: userIdSchema,
  list: conversationListSchema.optional(),
  limits: limitsSchema,
  /** What the log calls this socket. */
  requestId: z.string().optional(),
});

/** How a conversation stands after everything told before. A `rev` above the client's cursor: it missed something. */
export const summaryFrameSchema = summarySchema.extend({ type: z.literal("summary") });

/** Ends the answer to a `sync`. */
export const syncedSchema = readySchema
  .omit({ you: true, limits: true, profile: true, requestId: true })
  .extend({ type: z.literal("synced") });
export type Synced = z.infer<typeof syncedSchema>;

/** Whether a peer is online, and else when they were last, in whole minutes. */
export const userPresenceSchema = presenceSchema.extend({ ...ofPeer, lastSeen: timeSchema.optional() });

export const inboxServerFrameSchema = z.discriminatedUnion("type", [
  inboxReadySchema,
  summaryFrameSchema,
  syncedSchema,
  messageFrameSchema.extend(ofPeer),
  ackSchema.extend(ofPeer),
  readFrameSchema.extend(ofPeer),
  deliveredFrameSchema.extend(ofPeer),
  typingFrameSchema.extend(ofPeer),
  userPresenceSchema,
  resetSchema.extend(ofPeer),
  errorFrameSchema.extend({ peer: userIdSchema.optional() }),
]);
export type InboxServerFrame = z.infer<typeof inboxServerFrameSchema>;
