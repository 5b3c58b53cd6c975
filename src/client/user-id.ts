import { PairlineError } from "./errors.ts";

/**
 * What the server takes as a user id (AD1), without the library of its schema. A frame to anything else is answered
 * without its `peer`, so what waits for that peer would wait, and ask, for ever.
 */
export function requireUserId(peer: string): void {
  if (!/^[\x20-\x7e]{1,128}$/.test(peer) || peer === "." || peer === "..") {
    throw new PairlineError("bad_peer", "a user id is 1 to 128 printable ASCII characters");
  }
}
