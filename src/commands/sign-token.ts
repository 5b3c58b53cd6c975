import { sign } from "hono/utils/jwt/jwt";

/** A development token for a user, good for a day. */
export function signToken(user: string, secret: string, lifetimeSeconds = 86_400): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  return sign({ sub: user, iat: nowSeconds, exp: nowSeconds + lifetimeSeconds }, secret, "HS256");
}
