import { cors } from "hono/cors";
import type { MiddlewareHandler } from "hono";
import type { HttpEnv } from "./door.ts";

/** Whether a page of this origin may call. Requests without an origin come from no browser page. */
export function isAllowedOrigin(
  origin: string | undefined,
  requestUrl: string,
  allowed: readonly string[],
): boolean {
  return (
    origin === undefined ||
    origin === new URL(requestUrl).origin ||
    allowed.includes("*") ||
    allowed.includes(origin)
  );
}

/** CORS for the allow-listed origins. It does not cover upgrades: browsers send those regardless, so their door looks itself. */
export const crossOrigin: MiddlewareHandler<HttpEnv> = async (context, next) => {
  const { allowedOrigins } = context.get("settings");
  const handler = cors({
    origin: (origin) => (isAllowedOrigin(origin, context.req.url, allowedOrigins) ? origin : null),
    allowMethods: ["GET", "POST", "PUT"],
    allowHeaders: ["Authorization", "Content-Type"],
    exposeHeaders: ["Retry-After", "WWW-Authenticate"],
    maxAge: 86_400,
  });
  return handler(context, next);
};
