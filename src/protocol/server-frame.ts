import * as z from "zod";
import { profileSchema } from "./conversation-list.ts";
import { countSchema, messageIdSchema, seqSchema, userIdSchema } from "./identity.ts";
import { limitsSchema } from "./limits.ts";
import { messageSchema, receiptSchema } from "./message.ts";
import { errorCodeSchema } from "./problem.ts";

const cursorsSchema = z.object({ you: countSchema, peer: countSchema });

/** The state after any replay: from here every durable frame is exactly `rev` + 1. */
export const readySchema = z.object({
  type: z.literal("ready"),
  you: userIdSchema,
  peer: userIdSchema,
  head: countSchema,
  rev: countSchema,
  read: cursorsSchema,
  delivered: cursorsSchema,
  peerOnline: z.boolean(),
  /** The peer's name and picture, where they are known. */
  profile: profileSchema.optional(),
  limits: limitsSchema,
  /** What the log calls this socket. */
  requestId: z.string().optional(),
});
export type Ready = z.infer<typeof readySchema>;

/** A new or changed message, to every device of both users. Only these frames move a client's cursor. */
export const messageFrameSchema = z.object({ type: z.literal("message"), message: messageSchema });

/** The send or change is durable. A repeat gets the first one's numbers. */
export const ackSchema = receiptSchema.extend({ type: z.literal("ack") });

export const readFrameSchema = z.object({ type: z.literal("read"), user: userIdSchema, seq: countSchema });
export const deliveredFrameSchema = z.object({
  type: z.literal("delivered"),
  user: userIdSchema,
  seq: seqSchema,
});
export const typingFrameSchema = z.object({ type: z.literal("typing"), user: userIdSchema, on: z.boolean() });
export const presenceSchema = z.object({
  type: z.literal("presence"),
  user: userIdSchema,
  online: z.boolean(),
});

/** Too far behind, or numbers the server does not know: forget cached messages, load pages, go on at `rev`. */
export const resetSchema = z.object({ type: z.literal("reset"), rev: countSchema });

/** Recoverable trouble; the socket stays. */
export const errorFrameSchema = z.object({
  type: z.literal("error"),
  id: messageIdSchema.optional(),
  code: errorCodeSchema,
  message: z.string(),
  field: z.string().optional(),
  retryAfterMs: countSchema.optional(),
});

export const serverFrameSchema = z.discriminatedUnion("type", [
  readySchema,
  messageFrameSchema,
  ackSchema,
  readFrameSchema,
  deliveredFrameSchema,
  typingFrameSchema,
  presenceSchema,
  resetSchema,
  errorFrameSchema,
]);
export type ServerFrame = z.infer<typeof serverFrameSchema>;
