import type { Context } from "hono";
import { refusal } from "../protocol/errors.ts";
import { userIdSchema } from "../protocol/identity.ts";
import { resolvePeer } from "../users/resolve.ts";
import type { HttpEnv } from "./door.ts";
import { decodedSegment } from "./path.ts";
import { HttpError } from "./problem.ts";

/** The user id that a path names at `place` (`/v1/users/{id}`: 3), called `field` where it is refused. Throws a RequestRefused. */
export function userIdInPath(
  url: string,
  place: number,
  field: "peer" | "id" | "correspondent_id" | "one" | "other",
): string {
  const id = userIdSchema.safeParse(decodedSegment(url, place));
  if (!id.success) {
    throw new HttpError(refusal("bad_peer", { field, message: `the ${field} in the path is not a user id` }));
  }
  return id.data;
}

/** The peer that a path names: `/v1/conversations/{peer}/…`. Throws a RequestRefused. */
export async function peerFrom(context: Context<HttpEnv>): Promise<string> {
  return peerNamed(context, userIdInPath(context.req.url, 3, "peer"), "peer");
}

/** Whom the request's user means by a name, called `field` where it is refused. Throws a RequestRefused. */
export async function peerNamed(context: Context<HttpEnv>, name: string, field: string): Promise<string> {
  const { user } = context.get("verified");
  const peer = await resolvePeer(context.env.DB, context.get("settings"), { user, name }, Date.now());
  if (typeof peer !== "string") {
    throw new HttpError(peer.field === undefined ? peer : { ...peer, field });
  }
  return peer;
}
