import * as z from "zod";
import { countSchema, messageIdSchema, userIdSchema } from "./identity.ts";

/** A new message. `after` is the newest `rev` its author had seen when it was first composed; every retry repeats it. */
export const sendSchema = z.object({
  type: z.literal("send"),
  id: messageIdSchema,
  text: z.string(),
  after: countSchema.optional(),
});
export type Send = z.infer<typeof sendSchema>;

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
  readSchema,
  deliveredSchema,
  typingSchema,
  authSchema,
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;

/** The bare text frames of the heartbeat; the runtime answers them while the object sleeps. */
export const ping = "ping";
export const pong = "pong";

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
