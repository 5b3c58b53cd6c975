import type { Context } from "hono";
import { refusal } from "../protocol/errors.ts";
import { messagePathSchema } from "../protocol/rest.ts";
import { HttpError } from "./problem.ts";

/**
 * What a path has at `place` (`/v1/users/{id}`: 3), decoded; undefined where its encoding is malformed. Read from the URL
 * itself, since the router hands a malformed encoding on as it stands.
 */
export function decodedSegment(url: string, place: number): string | undefined {
  const segment = new URL(url).pathname.split("/")[place] ?? "";
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** The message that `/v1/conversations/{peer}/messages/{seq}` names. Throws a RequestRefused. */
export function seqInPath(context: Context): number {
  const path = messagePathSchema.safeParse({ seq: decodedSegment(context.req.url, 5) });
  if (!path.success) {
    const message = "seq in the path is not the number of a message";
    throw new HttpError(refusal("out_of_range", { field: "seq", message }));
  }
  return path.data.seq;
}

/** What `…/messages/{seq}/reactions/{emoji}` names; whether it is an emoji is judged where it is used. */
export function emojiInPath(context: Context): string {
  return decodedSegment(context.req.url, 7) ?? "";
}
