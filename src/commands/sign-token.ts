import { sign } from "hono/utils/jwt/jwt";
import { readAuthConfig } from "../auth/config.ts";

/** A development token for a user, good for a day, with the claims that these variables make the Worker ask for. */
export function signToken(
  user: string,
  secret: string,
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<string> {
  const { issuer, audience, userClaim } = readAuthConfig(variables);
  const nowSeconds = Math.floor(Date.now() / 1_000);
  return sign(
    {
      [userClaim]: user,
      iat: nowSeconds,
      exp: nowSeconds + 86_400,
      ...(issuer !== undefined && { iss: issuer }),
      ...(audience !== undefined && { aud: audience }),
    },
    secret,
    "HS256",
  );
}
