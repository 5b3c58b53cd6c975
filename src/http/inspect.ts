import type { Context } from "hono";
import { refusal } from "../protocol/errors.ts";
import type { Inspection, Standing } from "../protocol/inspection.ts";
import { conversationName } from "../protocol/pair.ts";
import { resolveUser } from "../users/resolve.ts";
import type { HttpEnv } from "./door.ts";
import { userIdInPath } from "./peer.ts";
import { RequestRefused } from "./problem.ts";

/** `GET /v1/admin/conversations/{one}/{other}`. Throws a RequestRefused or an ArchiveError. */
export async function inspectConversation(context: Context<HttpEnv>): Promise<Response> {
  const { DB, CONVERSATIONS, INBOXES } = context.env;
  const named = async (place: number, field: "one" | "other") =>
    resolveUser(DB, context.get("settings"), userIdInPath(context.req.url, place, field), Date.now());
  const [one, other] = [await named(4, "one"), await named(5, "other")];
  if (one === other) {
    const message = "a conversation has two users, and these are one";
    throw new RequestRefused(refusal("bad_peer", { field: "other", message }));
  }
  const conversation = CONVERSATIONS.idFromName(conversationName(one, other));
  // The platform's types make lists of pairs.
  const standing = (await CONVERSATIONS.get(conversation).inspect()) as unknown as Standing;
  const inboxOf = (user: string) => INBOXES.idFromName(user).toString();
  const [first, second] = standing.users;
  const inboxes: [string, string] = [inboxOf(first), inboxOf(second)];
  const objectIds = { conversation: conversation.toString(), inboxes };
  return context.json<Inspection>({ ...standing, objectIds }, 200, { "cache-control": "no-store" });
}
