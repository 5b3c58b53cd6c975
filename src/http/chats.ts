import type { Context } from "hono";
import {
  chatBodySchema,
  chatsQuerySchema,
  toChat,
  type ChatAnswer,
  type ChatsAnswer,
} from "../protocol/chats.ts";
import { refusal } from "../protocol/errors.ts";
import { resolveUser } from "../users/resolve.ts";
import { conversationWith, type ConversationRef } from "./addressed.ts";
import { chatsBelow } from "./chat-pages.ts";
import { authenticated, factory, type HttpEnv } from "./door.ts";
import { bodyOf, queryOf } from "./input.ts";
import { readMessages, write } from "./message-calls.ts";
import { peerNamed, userIdInPath } from "./peer.ts";
import { methodRefused, HttpError } from "./problem.ts";

const root = "/api/chats";

/** REST as the replaced app had it, below `/api/chats`, for its clients in the field. */
export const chats = factory
  .createApp()
  .use(async (context, next) => {
    if (!context.get("settings").chatsApi) {
      throw new HttpError(refusal("not_found"));
    }
    await next();
    context.header("cache-control", "no-store");
  })
  // It showed all messages of any user to anybody. Whoever still asks is told without a token.
  .get("/:user_id", (context) => {
    const successor = `${root}/me/${encodeURIComponent(context.req.param("user_id"))}`;
    const message = `ask ${root}/me/{correspondent_id} with a token: it answers your own messages with one user`;
    throw new HttpError(refusal("gone", { message }), {
      link: `<${successor}>; rel="successor-version"`,
    });
  })
  .all("/:user_id", methodRefused("GET"))
  .get("/me/:correspondent_id", authenticated, async (context) => {
    const name = userIdInPath(context.req.url, 4, "correspondent_id");
    const place = conversationWith(context, await peerNamed(context, name, "correspondent_id"));
    const { before, limit } = queryOf(context, chatsQuerySchema);
    const { messages, next } = await chatsBelow(
      async (query) => (await readMessages(context, place, query)).page,
      before,
      limit,
    );
    if (next !== undefined) {
      const address = new URL(context.req.url).pathname;
      context.header("link", `<${address}?before=${next}&limit=${limit}>; rel="next"`);
    }
    return context.json<ChatsAnswer>({
      data: messages.map((message) => toChat(message, [place.user, place.peer])),
      message: "SUCCESS: current user dms retrieved.",
    });
  })
  .post("/", authenticated, async (context) => {
    const { receiver_id: receiver, content, sender_id: sender } = await bodyOf(context, chatBodySchema);
    await checkSender(context, sender);
    const place = conversationWith(context, await peerNamed(context, receiver, "receiver_id"));
    const { message } = await send(context, place, content);
    const data = toChat(message, [place.user, place.peer]);
    return context.json<ChatAnswer>({ data, message: "SUCCESS: create a personal chat message." }, 201);
  })
  .all("/", methodRefused("POST"))
  .all("/me/:correspondent_id", methodRefused("GET"));

/** The sender is the token's user. A client that names somebody else is mistaken about who is signed in. */
async function checkSender(context: Context<HttpEnv>, sender: string | undefined): Promise<void> {
  const { user } = context.get("verified");
  if (sender === undefined || sender === user) {
    return;
  }
  if ((await resolveUser(context.env.DB, context.get("settings"), sender, Date.now())) !== user) {
    const message = "sender_id is not the user of the token";
    throw new HttpError(refusal("bad_request", { field: "sender_id", message }));
  }
}

/**
 * Sends under an id of the server's. The conversation is asked first how far it is: a send that names no `after` would be
 * searched for among the newest 1,000 messages, though a new id cannot have an earlier attempt.
 */
async function send(context: Context<HttpEnv>, place: ConversationRef, text: string) {
  const id = crypto.randomUUID();
  const attempt = async () => {
    const { rev: after } = await place.stub().summary(place.user);
    return write(context, place, { type: "send", id, text, after });
  };
  try {
    return await attempt().catch((error: unknown) => {
      // The conversation was restored, or ten thousand messages came, between the two calls.
      if (isRefusal(error, "stale", "out_of_range")) {
        return attempt();
      }
      throw error;
    });
  } catch (error) {
    throw isRefusal(error, "bad_text")
      ? new HttpError({ ...error.refusal, field: "content" }, error.headers)
      : error;
  }
}

function isRefusal(error: unknown, ...codes: readonly string[]): error is HttpError {
  return error instanceof HttpError && codes.includes(error.refusal.code);
}
