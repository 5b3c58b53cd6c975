import type { Context } from "hono";
import { probe } from "../archive/read.ts";
import { hasKeys, readAuthConfig } from "../auth/config.ts";
import type { Health } from "../protocol/rest.ts";
import { protocolVersion } from "../protocol/version.ts";
import type { HttpEnv } from "./door.ts";

/** Whether the Worker can do its job: is D1 reachable and migrated, is a key configured. Says nothing else. */
export async function health(context: Context<HttpEnv>): Promise<Response> {
  const found = await probe(context.env.DB);
  const archive = found === "ok" || found === "not_migrated" ? found : "unreachable";
  const keys = hasKeys(readAuthConfig(context.env)) ? "configured" : "missing";
  const ok = archive === "ok" && keys === "configured";
  const answer: Health = { status: ok ? "ok" : "unavailable", archive, keys, version: protocolVersion };
  return context.json(answer, ok ? 200 : 503, {
    "cache-control": "no-store",
    ...(!ok && { "retry-after": "5" }),
  });
}
