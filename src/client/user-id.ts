import { PairlineError } from "./errors.ts";

/**
 * What the server takes as a user id (AD1), without the library of its schema. A frame to anything else is answered
 * without its `peer`, so what waits for that peer would wait, and ask, for ever.
 */
export function requireUserId(peer: unknown): asserts peer is string {
  if (!isUserId(peer)) {
    const given = typeof peer === "string" ? JSON.stringify(peer.slice(0, 60)) : typeof peer;
    throw new PairlineError(
      "bad_peer",
      `a user id is a string of 1 to 128 printable ASCII characters, and this is ${given}`,
    );
  }
}

export function isUserId(peer: unknown): peer is string {
  return typeof peer === "string" && /^[\x20-\x7e]{1,128}$/.test(peer) && peer !== "." && peer !== "..";
}
