import type { ErrorCode } from "../protocol/errors.ts";

/** A user, and until when the token that named them holds. */
export interface Access {
  readonly user: string;
  readonly expiresAtMs: number;
}

/**
 * Why a user may not read or write now; undefined: they may. Every request, frame, event and delivery asks here first,
 * on every kind of socket, so this is the place for further reasons: revoked tokens, banned users.
 */
export function accessError({ expiresAtMs }: Access, nowMs: number): ErrorCode | undefined {
  // Also true for NaN: an expiry that cannot be read must not last forever.
  return expiresAtMs > nowMs ? undefined : "token_expired";
}
