import type { JWTPayload } from "hono/utils/jwt/types";
import { nameSchema, pictureSchema, type Profile } from "../protocol/conversation-list.ts";
import type { AuthConfig } from "./config.ts";

/** The name and picture that a token says. A claim that cannot be shown is passed over: nobody is locked out for it. */
export function profileFrom(
  claims: JWTPayload,
  { nameClaim, pictureClaim }: Pick<AuthConfig, "nameClaim" | "pictureClaim">,
): Profile {
  const name = nameSchema.safeParse(claims[nameClaim]);
  const picture = pictureSchema.safeParse(claims[pictureClaim]);
  return { ...(name.success && { name: name.data }), ...(picture.success && { picture: picture.data }) };
}

/** When a token was issued; 0 where it does not say so, or names a time after `latestMs`. */
export function issuedAtMsFrom(iat: unknown, latestMs: number): number {
  const issuedAtMs = typeof iat === "number" ? Math.floor(iat * 1_000) : 0;
  return issuedAtMs > 0 && issuedAtMs <= latestMs ? issuedAtMs : 0;
}
