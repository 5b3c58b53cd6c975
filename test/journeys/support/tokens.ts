import { sign } from "hono/utils/jwt/jwt";
import type { Place } from "../../e2e/local-worker.ts";
import type { Member } from "./cast.ts";

export interface ShortToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** What an identity service gives out that lets its tokens live for seconds. */
export async function shortToken(
  { environment }: Place,
  { id, name }: Member,
  seconds: number,
): Promise<ShortToken> {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const claims = { sub: id, name, iat: nowSeconds, exp: nowSeconds + seconds };
  return {
    token: await sign(claims, environment["JWT_SECRET"] ?? "", "HS256"),
    expiresAtMs: claims.exp * 1_000,
  };
}
