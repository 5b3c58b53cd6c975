import { refusal } from "../protocol/errors.ts";
import { userIdSchema } from "../protocol/identity.ts";
import { RequestRefused } from "./problem.ts";

/**
 * The peer that a path names: `/v1/conversations/{peer}/…`. Read from the URL itself, since the router hands a
 * malformed encoding on as it stands. Throws a RequestRefused.
 */
export function peerFrom(url: string, user: string): string {
  const segment = new URL(url).pathname.split("/")[3] ?? "";
  const peer = userIdSchema.safeParse(decoded(segment));
  if (!peer.success) {
    throw new RequestRefused(
      refusal("bad_peer", { field: "peer", message: "the peer in the path is not a user id" }),
    );
  }
  if (peer.data === user) {
    throw new RequestRefused(refusal("bad_peer", { field: "peer", message: "you cannot write to yourself" }));
  }
  return peer.data;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
