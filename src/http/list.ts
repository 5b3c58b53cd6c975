import type { Context } from "hono";
import { placeFrom } from "../archive/list-cursor.ts";
import { conversationList } from "../archive/list.ts";
import type { ConversationList } from "../protocol/conversation-list.ts";
import { refusal } from "../protocol/errors.ts";
import { listQuerySchema } from "../protocol/rest.ts";
import type { HttpEnv } from "./door.ts";
import { queryOf } from "./input.ts";
import { HttpError } from "./problem.ts";

/** `GET /v1/conversations`: the list of the token's user, from the archive alone. */
export async function list(context: Context<HttpEnv>): Promise<Response> {
  const { user } = context.get("verified");
  const { limit, archived, changedSince, cursor } = queryOf(context, listQuerySchema);
  const behind = cursor === undefined ? undefined : await placeFrom(user, cursor);
  if (cursor !== undefined && behind === undefined) {
    const message = "cursor is not one that this list gave you";
    throw new HttpError(refusal("bad_request", { field: "cursor", message }));
  }
  const asked = { limit, archived, changedSinceMs: changedSince, behind };
  return context.json<ConversationList>(await conversationList(context.env.DB, user, asked, Date.now()));
}
