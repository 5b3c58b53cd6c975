import * as z from "zod";
import { faultOf } from "./client-frame.ts";
import { countSchema, messageIdSchema, seqSchema, userIdSchema } from "./identity.ts";
import { inboxClientFrameSchema, type InboxClientFrame } from "./inbox-frame.ts";
import { defaultPageMessages, fixedLimits } from "./limits.ts";
import { numericIdSchema } from "./numeric-id.ts";

/** A page of a conversation, as of `GET …/messages`. */
export const historyEventSchema = z.object({
  type: z.literal("history"),
  peer: userIdSchema,
  before: seqSchema.optional(),
  limit: z.int().min(1).max(fixedLimits.maxPageMessages).default(defaultPageMessages),
  rev: countSchema.optional(),
});
export type HistoryEvent = z.infer<typeof historyEventSchema>;

/** A message as the replaced app's clients send it. `auth_token` may repeat the connection's user, and name nobody else. */
export const privateDmSchema = z.object({
  type: z.literal("private_dm"),
  content: z.string(),
  receiver_id: numericIdSchema,
  auth_token: z.string().max(16_384).nullish(),
});
export type PrivateDm = z.infer<typeof privateDmSchema>;

/** An event of a Socket.IO client: `type` is its name, the rest its argument. */
export type ClientEvent = InboxClientFrame | HistoryEvent | PrivateDm;

export interface AcceptedEvent {
  readonly ok: true;
  readonly event: ClientEvent;
  /** It came without an `id`, so it has one of the server's. */
  readonly isNamed: boolean;
}

export type ParsedEvent = AcceptedEvent | { readonly ok: false; readonly message: string };

/** The one place where what a Socket.IO client emitted becomes a typed event. A `send` without an `id` gets `id`. */
export function parseEvent(args: readonly unknown[], id: string): ParsedEvent {
  const [name, value, ...more] = args;
  if (typeof name !== "string" || typeof value !== "object" || value === null || more.length > 0) {
    return { ok: false, message: "an event has a name and one object" };
  }
  const isNamed = name === "send" && !Object.hasOwn(value, "id");
  const parsed = schemaOf(name).safeParse({ ...value, ...(isNamed && { id }), type: name });
  if (parsed.success) {
    return { ok: true, event: parsed.data, isNamed };
  }
  const isUnknown = parsed.error.issues[0]?.path[0] === "type";
  return { ok: false, message: isUnknown ? "there is no event of this name" : faultOf(parsed.error) };
}

function schemaOf(name: string): z.ZodType<ClientEvent> {
  if (name === "history") {
    return historyEventSchema;
  }
  return name === "private_dm" ? privateDmSchema : inboxClientFrameSchema;
}

/** A new message as the replaced app's clients get it. */
export const privateDmEventSchema = z.object({
  content: z.string(),
  receiver_id: z.union([z.string(), z.int()]),
  sender_id: z.union([z.string(), z.int()]),
  seq: seqSchema,
  rev: countSchema,
  id: messageIdSchema,
  /** ISO 8601 in UTC, with milliseconds. */
  created_at: z.string(),
});
export type PrivateDmEvent = z.infer<typeof privateDmEventSchema>;
