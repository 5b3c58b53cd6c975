import type { Context } from "hono";
import { ArchiveError } from "../archive/database.ts";
import { refusal } from "../protocol/errors.ts";
import type { Inspection, Standing } from "../protocol/inspection.ts";
import { conversationName } from "../protocol/pair.ts";
import { resolveUser } from "../users/resolve.ts";
import type { HttpEnv } from "./door.ts";
import { userIdInPath } from "./peer.ts";
import { HttpError } from "./problem.ts";

/** `GET /v1/admin/conversations/{one}/{other}`. Throws a RequestRefused. */
export async function inspectConversation(context: Context<HttpEnv>): Promise<Response> {
  const { CONVERSATIONS, INBOXES } = context.env;
  const [one, other] = await Promise.all([userNamed(context, 4, "one"), userNamed(context, 5, "other")]);
  if (one === other) {
    const message = "a conversation has two users, and these are one";
    throw new HttpError(refusal("bad_peer", { field: "other", message }));
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

/** While D1 is away a name is taken for a user id: then above all support must see how things stand. */
async function userNamed(context: Context<HttpEnv>, place: number, field: "one" | "other"): Promise<string> {
  const name = userIdInPath(context.req.url, place, field);
  try {
    return await resolveUser(context.env.DB, context.get("settings"), name, Date.now());
  } catch (error) {
    if (error instanceof ArchiveError) {
      return name;
    }
    throw error;
  }
}
