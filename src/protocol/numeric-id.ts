import * as z from "zod";
import { userIdSchema } from "./identity.ts";

/**
 * A user id as the replaced app's clients write it: text, or a number that stands for its decimal text (AD1). Parsed, it is
 * the text.
 */
export const numericIdSchema = z
  .union([userIdSchema, z.int()], "must be a user id: text or a safe whole number")
  .transform(String);

/** The same in the other direction: an id that is the canonical decimal text of a safe integer is that number, any other stays text. */
export function toNumericId(id: string): string | number {
  const number = Number(id);
  return Number.isSafeInteger(number) && String(number) === id ? number : id;
}
