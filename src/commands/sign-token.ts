import { sign } from "hono/utils/jwt/jwt";
import { readAuthConfig } from "../auth/config.ts";

/** A development token for a user, good for a day, with the claims that these variables make the Worker ask for. */
export function signToken(
  user: string,
  secret: string,
  variables: Parameters<typeof readAuthConfig>[0] = {},
  name?: string,
): Promise<string> {
  const { issuer, audience, userClaim, nameClaim } = readAuthConfig(variables);
  const nowSeconds = Math.floor(Date.now() / 1_000);
  return sign(
    {
      ...(name !== undefined && { [nameClaim]: name }),
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
