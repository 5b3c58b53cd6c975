import type { Verification } from "../../auth/verify.ts";
import { refusal, type Refusal } from "../../protocol/errors.ts";

/** A token without the scheme of the HTTP header that some clients leave in front of it. */
export function bareToken(token: string): string {
  return token.replace(/^Bearer +/i, "");
}

/** Why the token inside a message is refused; undefined if there is none, or if it is a valid one of the same user. */
export async function messageTokenError(
  verifyToken: (token: string) => Promise<Verification>,
  user: string,
  token: string | undefined,
): Promise<Refusal | undefined> {
  if (token === undefined) {
    return undefined;
  }
  const verdict = await verifyToken(bareToken(token));
  if (!verdict.ok) {
    return verdict.refusal;
  }
  const message = "the token is another user's than the connection's";
  return verdict.user === user ? undefined : refusal("unauthorized", { field: "auth_token", message });
}
