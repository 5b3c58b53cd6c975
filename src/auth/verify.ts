import { decodeHeader, verify, verifyWithJwks } from "hono/utils/jwt/jwt";
import type { JWTPayload } from "hono/utils/jwt/types";
import type { Profile } from "../protocol/conversation-list.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import { userIdFromClaim } from "../protocol/identity.ts";
import { issuedAtMsFrom, profileFrom } from "./claims.ts";
import type { AuthConfig } from "./config.ts";
import { keySetAt, type KeySet } from "./key-set.ts";

/** How far the clocks of the identity service and of Cloudflare may differ. */
export const leewayMs = 30_000;

/** A verified user. The token is good until `expiresAtMs`, the leeway included. */
export interface VerifiedUser {
  readonly user: string;
  readonly expiresAtMs: number;
  /** What the token says of the user's name and picture. */
  readonly profile: Profile;
  /** When the token was issued; 0 where it does not say so. */
  readonly issuedAtMs: number;
}

export type Verification =
  | ({ readonly ok: true } & VerifiedUser)
  | { readonly ok: false; readonly refusal: Refusal };

/** In seconds, the year 33658. A number from here on is in milliseconds, and read as seconds would never expire. */
const millisecondsFrom = 1_000_000_000_000;

// An access token (RFC 9068) says `at+jwt`; a token may also say nothing.
const acceptedTypes = ["JWT", "at+jwt"];

class KeysUnavailable extends Error {}

/**
 * Who a token speaks for. HS256 is checked with the secret, RS256 and ES256 with the published keys; `exp` and the
 * user claim are required, issuer and audience where configured. The library's own time checks know no leeway and
 * let a missing `exp` pass, so times are checked here.
 */
export async function verifyToken(
  token: string,
  config: AuthConfig,
  nowMs: number,
  keySet: (url: string) => KeySet = keySetAt,
): Promise<Verification> {
  let claims: unknown;
  try {
    claims = await checkSignature(token, config, nowMs, keySet);
  } catch (error) {
    return fault(error instanceof KeysUnavailable ? "keys_unavailable" : "unauthorized");
  }
  return userFrom(claims, config, nowMs);
}

function userFrom(claims: unknown, config: AuthConfig, nowMs: number): Verification {
  if (!isClaims(claims)) {
    return fault("unauthorized", "the token's payload is not a JSON object");
  }
  const { exp, nbf, iat } = claims;
  const { userClaim } = config;
  if (typeof exp !== "number" || !Number.isFinite(exp)) {
    return fault("unauthorized", "the token has no exp claim");
  }
  if (exp >= millisecondsFrom) {
    return fault("unauthorized", "the token's exp claim is in milliseconds; it must be in seconds");
  }
  const expiresAtMs = exp * 1_000 + leewayMs;
  if (expiresAtMs <= nowMs) {
    return fault("token_expired");
  }
  if (nbf !== undefined && !(typeof nbf === "number" && nbf * 1_000 <= nowMs + leewayMs)) {
    return fault("unauthorized", "the token is not valid yet");
  }
  const user = userIdFromClaim(claims[userClaim]);
  if (user === undefined) {
    return fault("unauthorized", `the token's ${userClaim} claim is not a user id`);
  }
  const issuedAtMs = issuedAtMsFrom(iat, nowMs + leewayMs);
  return { ok: true, user, expiresAtMs, profile: profileFrom(claims, config), issuedAtMs };
}

/** A payload may be any JSON that was signed. */
function isClaims(payload: unknown): payload is JWTPayload {
  return typeof payload === "object" && payload !== null && !Array.isArray(payload);
}

async function checkSignature(
  token: string,
  config: AuthConfig,
  nowMs: number,
  keySet: (url: string) => KeySet,
): Promise<unknown> {
  const header = decodeHeader(token);
  const checks = {
    exp: false,
    nbf: false,
    iat: false,
    ...(header.typ !== undefined && { typ: acceptedTypes }),
    ...(config.issuer !== undefined && { iss: config.issuer }),
    ...(config.audience !== undefined && { aud: config.audience }),
  };
  if (header.alg === "HS256" && config.secret !== undefined) {
    return verify(token, config.secret, { alg: "HS256", ...checks });
  }
  if (config.jwksUrl === undefined || header.kid === undefined) {
    throw new Error("no key for this token");
  }
  const keys = await keySet(config.jwksUrl).keysFor(header.kid, nowMs);
  if (keys === undefined) {
    throw new KeysUnavailable();
  }
  return verifyWithJwks(token, {
    keys: [...keys],
    allowedAlgorithms: ["RS256", "ES256"],
    verification: checks,
  });
}

function fault(code: "unauthorized" | "token_expired" | "keys_unavailable", message?: string): Verification {
  const retry = code === "keys_unavailable" ? { retryAfterMs: 5_000 } : {};
  return { ok: false, refusal: refusal(code, { ...(message !== undefined && { message }), ...retry }) };
}
