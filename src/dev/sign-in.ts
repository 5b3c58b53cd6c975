import * as z from "zod";
import { signToken } from "../commands/sign-token.ts";
import type { Env } from "../env.ts";
import { userIdFromClaim } from "../protocol/identity.ts";
import { isLoopbackHost, isLoopbackOrigin } from "./loopback.ts";

export const signInPath = "/dev/token";

const signInSchema = z.object({ user: z.string(), name: z.string().max(128).optional() });

/**
 * Signs a token for any user id, on the developer's own machine, with its random secret. Pages of other loopback ports
 * may ask too. A page of the web may not, whether it is cross-origin or its name was pointed to this machine (DNS
 * rebinding): its `Origin` or its `Host` is not loopback.
 */
export async function signIn(request: Request, env: Env): Promise<Response> {
  const host = request.headers.get("host") ?? "";
  if (!isLoopbackHost(host) || !isLoopbackHost(new URL(request.url).host)) {
    return refused("this sign-in answers only at localhost, 127.0.0.1 or [::1]: open the page there");
  }
  const origin = request.headers.get("origin");
  if (origin === null) {
    return answer(request, env);
  }
  if (!isLoopbackOrigin(origin)) {
    return refused("only pages of localhost, 127.0.0.1 or [::1] may sign in here");
  }
  const response = request.method === "OPTIONS" ? preflight() : await answer(request, env);
  response.headers.set("access-control-allow-origin", origin);
  response.headers.set("vary", "Origin");
  return response;
}

async function answer(request: Request, env: Env): Promise<Response> {
  const isJson = /^application\/json *(;|$)/i.test(request.headers.get("content-type") ?? "");
  const parsed = signInSchema.safeParse(isJson ? await request.json().catch(() => undefined) : undefined);
  const user = userIdFromClaim(parsed.data?.user);
  if (request.method !== "POST" || user === undefined || env.JWT_SECRET === undefined) {
    return Response.json({ error: "POST {user, name?} as application/json" }, { status: 400 });
  }
  const token = await signToken(user, env.JWT_SECRET, env, parsed.data?.name);
  return Response.json({ token }, { headers: { "cache-control": "no-store" } });
}

function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: { "access-control-allow-methods": "POST", "access-control-allow-headers": "Content-Type" },
  });
}

function refused(error: string): Response {
  return Response.json({ error }, { status: 403 });
}
