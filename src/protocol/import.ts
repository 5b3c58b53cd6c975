import * as z from "zod";
import { refusal, type Refusal } from "./errors.ts";
import { countSchema, timeSchema } from "./identity.ts";
import { writtenIdSchema } from "./numeric-id.ts";
import { errorCodeSchema } from "./problem.ts";

/** Lines of one request; `maxImportBytes` is its body's size. */
export const maxImportLines = 1_000;
export const maxImportBytes = 1_048_576;

/** How the name of an imported message begins, and no other's. */
const prefix = "import:";

const oldIdSchema = z.union([
  z.int(),
  z
    .string()
    .min(1)
    .max(57)
    .regex(/^[\x20-\x7e]+$/, "must be printable ASCII"),
]);

/** March 1973. A time before it is one in seconds, or the zero of a database: no app had messages then. */
const earliestTimeMs = 100_000_000_000;

const noTime = "must be milliseconds since the epoch or ISO 8601";

/** Milliseconds since the epoch, or ISO 8601; a time without a zone is UTC. */
const writtenTimeSchema = z
  .union([timeSchema.min(0), z.iso.datetime({ offset: true, local: true, error: noTime })], noTime)
  .refine((time) => millisecondsOf(time) >= earliestTimeMs, {
    error: ({ input }) =>
      typeof input === "number"
        ? "must be milliseconds since the epoch; seconds were given"
        : "must be a time after February 1973",
  });

/** A message of before, as it is written in a line of a file. */
export const importLineSchema = z.object({
  sender: writtenIdSchema,
  receiver: writtenIdSchema,
  text: z.string(),
  createdAt: writtenTimeSchema,
  /** Its name in the replaced app, unique among the messages of one sender to one receiver. */
  oldId: oldIdSchema,
});

/** The same, parsed: ids as text, time in milliseconds, `id` as the message will have it. */
export const importedMessageSchema = importLineSchema.transform(
  ({ sender, receiver, text, createdAt, oldId }) => ({
    sender: String(sender),
    receiver: String(receiver),
    text,
    createdAtMs: millisecondsOf(createdAt),
    id: `${prefix}${oldId}`,
  }),
);
export type ImportedMessage = z.infer<typeof importedMessageSchema>;

/** `POST /v1/admin/import`. Each line is judged by itself, so it may be anything here. */
export const importBodySchema = z.object({ messages: z.array(z.unknown()).min(1).max(maxImportLines) });

/** Why a line is not imported. `already_live`: the conversation has messages of its own; `out_of_order`: it has later imported ones. */
export const rejectCodeSchema = z.enum([...errorCodeSchema.options, "already_live", "out_of_order"]);
export type RejectCode = z.infer<typeof rejectCodeSchema>;

export const rejectSchema = z.object({
  /** Which of the request's messages, from 0. */
  index: countSchema,
  code: rejectCodeSchema,
  message: z.string(),
});
export type Reject = z.infer<typeof rejectSchema>;

export const importAnswerSchema = z.object({
  imported: countSchema,
  alreadyThere: countSchema,
  rejected: z.array(rejectSchema),
});
export type ImportAnswer = z.infer<typeof importAnswerSchema>;

/** Whether a message was imported, told by its `id`. */
export function isImported({ id }: { readonly id: string }): boolean {
  return id.startsWith(prefix);
}

/** Why a client's own name for a message cannot be one. */
export function nameFault(frame: { readonly type: string; readonly id: string }): Refusal | undefined {
  const message = `an id that begins with ${prefix} is an imported message's`;
  return frame.type === "send" && isImported(frame)
    ? refusal("conflict", { field: "id", message })
    : undefined;
}

function millisecondsOf(time: string | number): number {
  return typeof time === "number" ? time : Date.parse(withZone(time));
}

function withZone(time: string): string {
  return /(Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`;
}
