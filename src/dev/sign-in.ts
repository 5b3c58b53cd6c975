import * as z from "zod";
import { signToken } from "../commands/sign-token.ts";
import type { Env } from "../env.ts";
import { userIdFromClaim } from "../protocol/identity.ts";

export const signInPath = "/dev/token";

const signInSchema = z.object({ user: z.string(), name: z.string().max(128).optional() });

/** Signs a token for whoever one says to be: for a Worker on the developer's own machine, with its random secret. */
export async function signIn(request: Request, env: Env): Promise<Response> {
  const isJson = request.headers.get("content-type") === "application/json";
  const parsed = signInSchema.safeParse(isJson ? await request.json().catch(() => undefined) : undefined);
  const user = userIdFromClaim(parsed.data?.user);
  if (request.method !== "POST" || user === undefined || env.JWT_SECRET === undefined) {
    return Response.json({ error: "POST {user, name?} as application/json" }, { status: 400 });
  }
  const token = await signToken(user, env.JWT_SECRET, env, parsed.data?.name);
  return Response.json({ token }, { headers: { "cache-control": "no-store" } });
}
