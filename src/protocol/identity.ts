import * as z from "zod";
import { fixedLimits } from "./limits.ts";

const printableAscii = /^[\x20-\x7e]+$/;

/** 1–128 printable ASCII characters, compared exactly. `.` and `..` would vanish from a URL path, so they are refused. */
export const userIdSchema = z
  .string()
  .min(1)
  .max(fixedLimits.maxUserIdCharacters)
  .regex(printableAscii)
  .refine((id) => id !== "." && id !== "..");

/** The client's own name for a send: 1–64 printable ASCII characters, unique per author over all devices. */
export const messageIdSchema = z
  .string()
  .min(1)
  .max(fixedLimits.maxMessageIdCharacters)
  .regex(printableAscii);

/** A count that only grows: `seq`, `rev`, `after`, `before`. Beyond 2^53 − 1 JSON numbers change silently. */
export const countSchema = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** A message's number: 1, 2, 3 … */
export const seqSchema = countSchema.min(1);

/** Milliseconds since the epoch. */
export const timeSchema = z.int();

/**
 * The user id that a token's claim stands for, or undefined where it names nobody.
 * A number is read as its decimal text while it is a safe integer; above that two accounts would merge.
 */
export function userIdFromClaim(claim: unknown): string | undefined {
  const text = typeof claim === "number" && Number.isSafeInteger(claim) ? String(claim) : claim;
  const parsed = userIdSchema.safeParse(text);
  return parsed.success ? parsed.data : undefined;
}
