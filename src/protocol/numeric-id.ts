import * as z from "zod";
import { userIdSchema } from "./identity.ts";

/** A user id as the replaced app's clients write and read it: text, or a number that stands for its decimal text (AD1). */
export const writtenIdSchema = z.union(
  [userIdSchema, z.int()],
  "must be a user id: text or a safe whole number",
);

/** The same, parsed to the id. */
export const numericIdSchema = writtenIdSchema.transform(String);

/** In the other direction: an id that is the canonical decimal text of a safe integer is that number, any other stays text. */
export function toNumericId(id: string): string | number {
  const number = Number(id);
  return Number.isSafeInteger(number) && String(number) === id ? number : id;
}
