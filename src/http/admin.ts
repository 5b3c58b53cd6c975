import type { MiddlewareHandler } from "hono";
import { setUser } from "../archive/users.ts";
import { refusal } from "../protocol/errors.ts";
import { adminUserBodySchema, type AdminUser } from "../protocol/rest.ts";
import { directoryOf } from "../users/directory.ts";
import { forgetSignIn } from "../users/sign-ins.ts";
import { bearerToken, factory, type HttpEnv } from "./door.ts";
import { importMessages } from "./import.ts";
import { bodyOf } from "./input.ts";
import { inspectConversation } from "./inspect.ts";
import { listPairs } from "./pairs.ts";
import { userIdInPath } from "./peer.ts";
import { methodRefused, HttpError } from "./problem.ts";
import { verifyConversation } from "./verify.ts";

/** A key that a header can carry, and that nobody guesses. */
const usableKey = /^[\x21-\x7e]{16,}$/;

/** For the app's team and its servers, who have the admin key; a key that a web page holds is a secret no more. */
const adminOnly: MiddlewareHandler<HttpEnv> = factory.createMiddleware(async (context, next) => {
  if (context.req.header("origin") !== undefined) {
    throw new HttpError(refusal("origin_refused", { message: "not for pages of a browser" }));
  }
  const key = context.env.ADMIN_KEY ?? "";
  if (!usableKey.test(key)) {
    const message = "set the secret ADMIN_KEY: 16 printable ASCII characters or more, no spaces";
    throw new HttpError(refusal("not_configured", { message }));
  }
  const given = bearerToken(context.req.header("authorization"));
  if (given === undefined || !(await isSame(given, key))) {
    throw new HttpError(refusal("unauthorized", { message: "the admin key is missing or wrong" }));
  }
  await next();
});

/** `/v1/admin`: what the app's team says of users, signed in or not yet; whether a conversation is archived as it is. */
export const admin = factory
  .createApp()
  .use(adminOnly)
  .put("/users/:id", async (context) => {
    const { DB } = context.env;
    const id = userIdInPath(context.req.url, 4, "id");
    const { aliases, ...profile } = await bodyOf(context, adminUserBodySchema);
    if (aliases?.includes(id) === true) {
      const message = "aliases: an alias is another name than the id";
      throw new HttpError(refusal("bad_request", { field: "aliases", message }));
    }
    let kept: string[] | undefined;
    try {
      kept = await setUser(DB, { id, profile, aliases, setAtMs: Date.now() });
    } finally {
      // Also a write that was given up may have landed.
      directoryOf(DB, context.get("settings")).forget(id, aliases);
      forgetSignIn(DB, id);
    }
    if (kept === undefined) {
      throw new HttpError(refusal("alias_taken"));
    }
    return context.json<AdminUser>({ id, ...profile, aliases: kept }, 200, { "cache-control": "no-store" });
  })
  .all("/users/:id", methodRefused("PUT"))
  .get("/conversations", listPairs)
  .all("/conversations", methodRefused("GET"))
  .post("/conversations/verify", verifyConversation)
  .all("/conversations/verify", methodRefused("POST"))
  .get("/conversations/:one/:other", inspectConversation)
  .all("/conversations/:one/:other", methodRefused("GET"))
  .post("/import", importMessages)
  .all("/import", methodRefused("POST"))
  .all("*", () => {
    throw new HttpError(refusal("not_found"));
  });

/** Takes the same time wherever the two differ, and whatever their lengths. */
async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([digestOf(one), digestOf(other)]);
  return a.reduce((difference, byte, index) => difference | (byte ^ (b[index] ?? 0)), 0) === 0;
}

async function digestOf(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
