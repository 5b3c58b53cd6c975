import * as z from "zod";
import { countSchema, messageIdSchema, seqSchema, userIdSchema } from "./identity.ts";

/** What a message says. Whether its text and data can be a message's is judged by `contentFault`. */
export const contentShape = {
  text: z.string(),
  /** A JSON object of the app's own, returned as it was given. */
  data: z.unknown().optional().meta({ type: "object" }),
};

/** A new message. `after` is the newest `rev` its author had seen when it was first composed; every retry repeats it. */
export const sendSchema = z.object({
  type: z.literal("send"),
  id: messageIdSchema,
  ...contentShape,
  replyTo: seqSchema.optional(),
  after: countSchema.optional(),
});
export type Send = z.infer<typeof sendSchema>;

/**
 * What every change names: the message, and the newest `rev` the user had seen when they began. A newer edit than those
 * they had seen holds against theirs, and a `seq` of a history that was replaced since means nothing.
 */
const changeShape = { id: messageIdSchema, seq: seqSchema, after: countSchema.optional() };

/** Another text for a message of one's own. */
export const editSchema = z.object({ type: z.literal("edit"), ...changeShape, text: z.string() });

/** A message of one's own is deleted for both. */
export const deleteSchema = z.object({ type: z.literal("delete"), ...changeShape });

/** Reacts to a message with one emoji, or takes that back. */
export const reactSchema = z.object({
  type: z.literal("react"),
  ...changeShape,
  emoji: z.string(),
  on: z.boolean(),
});

/** Everything up to `seq` was read. Moves forward only. */
export const readSchema = z.object({ type: z.literal("read"), seq: countSchema });

/** Everything up to `seq` reached this device. Moves forward only. */
export const deliveredSchema = z.object({ type: z.literal("delivered"), seq: countSchema });

/** The user began or stopped typing; never stored. */
export const typingSchema = z.object({ type: z.literal("typing"), on: z.boolean() });

/** A fresh token of the same user for a live socket. */
export const authSchema = z.object({ type: z.literal("auth"), token: z.string().max(16_384) });

export const clientFrameSchema = z.discriminatedUnion("type", [
  sendSchema,
  editSchema,
  deleteSchema,
  reactSchema,
  readSchema,
  deliveredSchema,
  typingSchema,
  authSchema,
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;

/** The frames that become a message or change one: each takes a `rev` and is answered by an `ack`. */
export type WriteFrame = Extract<ClientFrame, { type: "send" | "edit" | "delete" | "react" }>;
export type ChangeFrame = Exclude<WriteFrame, { type: "send" }>;

export function isWrite<Frame extends { readonly type: string }>(
  frame: Frame,
): frame is Extract<Frame, { type: WriteFrame["type"] }> {
  return ["send", "edit", "delete", "react"].includes(frame.type);
}

/** A fault carries what the frame is about, where that much of it is valid. */
export type Parsed<Frame> =
  | { readonly ok: true; readonly frame: Frame }
  | {
      readonly ok: false;
      readonly message: string;
      readonly about: { readonly id?: string; readonly peer?: string };
    };

/** The one place where a text frame becomes a typed one. */
export function parseFrame<Schema extends z.ZodType>(schema: Schema, text: string): Parsed<z.infer<Schema>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, message: "the frame is not JSON", about: {} };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    return { ok: true, frame: parsed.data };
  }
  const id = z.object({ id: messageIdSchema }).safeParse(value);
  const peer = z.object({ peer: userIdSchema }).safeParse(value);
  return { ok: false, message: faultOf(parsed.error), about: { ...id.data, ...peer.data } };
}

/** A frame of a conversation's socket. */
export function parseClientFrame(text: string): Parsed<ClientFrame> {
  return parseFrame(clientFrameSchema, text);
}

/** One line that names the field and its fault, never the value. */
export function faultOf(error: z.ZodError): string {
  const issue = error.issues[0];
  const path = issue?.path.join(".") ?? "";
  return path === ""
    ? "the frame is not an object with a known type"
    : `${path}: ${issue?.message ?? "invalid"}`;
}
