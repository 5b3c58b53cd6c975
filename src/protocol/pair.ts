import * as z from "zod";
import { userIdSchema } from "./identity.ts";

/** Whose line of the pair something is: `a` is the user whose id sorts first. */
export type Side = "a" | "b";

/** The two users of a conversation, `a` sorting before `b`. */
export type Pair = Readonly<Record<Side, string>>;

const nameSchema = z.tuple([userIdSchema, userIdSchema]).refine(([a, b]) => a < b);

/** The same name for both orders of the pair, so that either user opens the same conversation. JSON joins unambiguously. */
export function conversationName(one: string, other: string): string {
  return JSON.stringify(one < other ? [one, other] : [other, one]);
}

/** The pair behind an object's name. Throws where the object was not opened through `conversationName`. */
export function pairFromName(name: string | undefined): Pair {
  const [a, b] = nameSchema.parse(JSON.parse(name ?? "null"));
  return { a, b };
}

/** Which side of the pair a user is. Throws for a stranger: the door addresses only a user's own conversations. */
export function sideOf(pair: Pair, user: string): Side {
  if (user === pair.a) {
    return "a";
  }
  if (user === pair.b) {
    return "b";
  }
  throw new Error("this user is not one of the pair");
}

export function otherSide(side: Side): Side {
  return side === "a" ? "b" : "a";
}
