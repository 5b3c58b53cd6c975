import { cors } from "hono/cors";
import type { MiddlewareHandler } from "hono";
import { refusal } from "../protocol/errors.ts";
import { archivedRevHeader, requestIdHeader } from "../protocol/rest.ts";
import type { HttpEnv } from "./door.ts";
import { HttpError } from "./problem.ts";
import { isUpgrade } from "./upgrade.ts";

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

/** Fits the reason of a close, which is all that a page may read. */
const message = "this page's origin is not allowed, add it to ALLOWED_ORIGINS of the Worker";

/** CORS for the allow-listed origins. Browsers open WebSockets to anywhere regardless, so an upgrade from elsewhere is refused here. */
export const allowedOrigin: MiddlewareHandler<HttpEnv> = async (context, next) => {
  const { allowedOrigins } = context.get("settings");
  const isAllowed = (origin: string | undefined) => isAllowedOrigin(origin, context.req.url, allowedOrigins);
  if (isUpgrade(context.req.raw)) {
    if (!isAllowed(context.req.header("origin"))) {
      throw new HttpError(refusal("origin_refused", { message }));
    }
    return next();
  }
  const handler = cors({
    origin: (origin) => (isAllowed(origin) ? origin : null),
    allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    allowHeaders: ["Authorization", "Content-Type"],
    exposeHeaders: ["Link", "Retry-After", "WWW-Authenticate", archivedRevHeader, requestIdHeader],
    maxAge: 86_400,
  });
  return handler(context, next);
};
