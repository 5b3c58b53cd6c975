import type { Context } from "hono";
import { conversationName } from "../protocol/pair.ts";
import { refusal } from "../protocol/errors.ts";
import { verifyBodySchema, type Verification } from "../protocol/verification.ts";
import { resolveUser } from "../users/resolve.ts";
import type { HttpEnv } from "./door.ts";
import { bodyOf } from "./input.ts";
import { HttpError } from "./problem.ts";

/** `POST /v1/admin/conversations/verify`. Throws a RequestRefused or an ArchiveError. */
export async function verifyConversation(context: Context<HttpEnv>): Promise<Response> {
  const { DB, CONVERSATIONS } = context.env;
  const { users, from, repair } = await bodyOf(context, verifyBodySchema);
  const settings = context.get("settings");
  const [one, other] = await Promise.all([
    resolveUser(DB, settings, users[0], Date.now()),
    resolveUser(DB, settings, users[1], Date.now()),
  ]);
  if (one === other) {
    const message = "a conversation has two users, and these are one";
    throw new HttpError(refusal("bad_peer", { field: "users", message }));
  }
  const reply = await CONVERSATIONS.getByName(conversationName(one, other)).verify({ from, repair });
  if (!reply.ok) {
    throw new HttpError(reply.refusal);
  }
  return context.json<Verification>(reply.verification, 200, { "cache-control": "no-store" });
}
