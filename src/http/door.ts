import type { Context, MiddlewareHandler } from "hono";
import { createFactory } from "hono/factory";
import { hasKeys, readAuthConfig } from "../auth/config.ts";
import { verifyToken, type VerifiedUser } from "../auth/verify.ts";
import type { Env } from "../env.ts";
import type { Observer } from "../observability/index.ts";
import { refusal } from "../protocol/errors.ts";
import { readSettings, SettingsError, type Settings } from "../settings.ts";
import { resolveVerdict } from "../users/resolve.ts";
import { keepSignIn } from "../users/sign-ins.ts";
import { HttpError } from "./problem.ts";
import { isUpgrade, tokenAmongProtocols } from "./upgrade.ts";

/** What a request carries once the door let it in. */
export interface HttpEnv {
  Bindings: Env;
  Variables: {
    requestId: string;
    observer: Observer;
    settings: Settings;
    verified: VerifiedUser;
  };
}

export const factory = createFactory<HttpEnv>();

/** Refuses to serve with a variable that cannot be used, and says which. */
export const loadConfig: MiddlewareHandler<HttpEnv> = factory.createMiddleware(async (context, next) => {
  try {
    context.set("settings", readSettings(context.env));
  } catch (error) {
    if (error instanceof SettingsError) {
      throw new HttpError(refusal("not_configured", { message: error.message }));
    }
    throw error;
  }
  await next();
});

/** Counts an address before its token is looked at. */
export const addressLimited: MiddlewareHandler<HttpEnv> = factory.createMiddleware(async (context, next) => {
  await countAddress(context, context.env.ADDRESS_LIMIT);
  await next();
});

/** Refuses an address that is over its limit. Loopback, which only a local server sees, is not counted. */
export async function countAddress({ req }: Context<HttpEnv>, limit: RateLimit | undefined): Promise<void> {
  const address = req.header("cf-connecting-ip");
  if (address !== undefined && limit !== undefined && !isLoopback(address)) {
    const { success } = await limit.limit({ key: networkOf(address) });
    if (!success) {
      throw new HttpError(
        refusal("rate_limited", { message: "too many requests from this address", retryAfterMs: 10_000 }),
      );
    }
  }
}

/** Lets a request in whose token holds. */
export const authenticated: MiddlewareHandler<HttpEnv> = factory.createMiddleware(async (context, next) => {
  const config = readAuthConfig(context.env);
  if (!hasKeys(config)) {
    const message = "set the secret JWT_SECRET, or the variable JWT_JWKS_URL";
    throw new HttpError(refusal("not_configured", { message }));
  }
  const amongProtocols = isUpgrade(context.req.raw) ? tokenAmongProtocols(context.req.raw) : undefined;
  const token = bearerToken(context.req.header("authorization")) ?? amongProtocols;
  if (token === undefined) {
    throw new HttpError(refusal("unauthorized", { message: "no bearer token came with the request" }));
  }
  const { DB } = context.env;
  const settings = context.get("settings");
  const nowMs = Date.now();
  const verdict = await resolveVerdict(DB, settings, await verifyToken(token, config, nowMs), nowMs);
  if (!verdict.ok) {
    throw new HttpError(verdict.refusal);
  }
  context.set("verified", verdict);
  const requestId = context.get("requestId");
  const { report } = context.get("observer");
  const keeping = keepSignIn(DB, settings, verdict).catch(() => report("sign_in_not_kept", { requestId }));
  context.executionCtx.waitUntil(keeping);
  await next();
});

/** One host commands a whole IPv6 /64, so that counts as one address. */
function networkOf(address: string): string {
  if (!address.includes(":")) {
    return address;
  }
  const [head = "", tail] = address.split("::");
  const groups = head.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(":").length;
  return [...groups, ...Array<string>(Math.max(0, missing)).fill("0")].slice(0, 4).join(":");
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

export function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer +(\S+)$/i.exec(header)?.[1];
}
