import type { Context } from "hono";
import type { ChangeFrame } from "../protocol/client-frame.ts";
import {
  archivedRevHeader,
  changeQuerySchema,
  editBodySchema,
  pageQuerySchema,
  sendBodySchema,
  type ChangeAnswer,
  type Page,
  type SendAnswer,
} from "../protocol/rest.ts";
import { conversationFromPath, type ConversationRef } from "./addressed.ts";
import { factory, type HttpEnv } from "./door.ts";
import { bodyOf, queryOf } from "./input.ts";
import { emojiInPath, seqInPath } from "./path.ts";
import { readMessages, write } from "./message-calls.ts";
import { methodRefused } from "./problem.ts";

/** REST of one conversation's messages, below `/v1/conversations/{peer}/messages`. */
export const messages = factory
  .createApp()
  .get("/", async (context) => {
    const place = await conversationFromPath(context);
    const { page, archivedRev } = await readMessages(context, place, queryOf(context, pageQuerySchema));
    return context.json<Page>(page, 200, { [archivedRevHeader]: String(archivedRev) });
  })
  .post("/", async (context) => {
    const place = await conversationFromPath(context);
    const body = await bodyOf(context, sendBodySchema);
    const { message, rev, repeated } = await write(context, place, { type: "send", ...body });
    const answer: SendAnswer = {
      id: body.id,
      seq: message.seq,
      rev,
      createdAt: message.createdAt,
      message,
    };
    return context.json(answer, repeated ? 200 : 201);
  })
  .patch("/:seq", async (context) => {
    const place = await conversationFromPath(context);
    const seq = seqInPath(context);
    return change(context, place, { type: "edit", seq, ...(await bodyOf(context, editBodySchema)) });
  })
  .delete("/:seq", async (context) => {
    const place = await conversationFromPath(context);
    return change(context, place, { type: "delete", seq: seqInPath(context), ...nameOf(context) });
  })
  .on(["PUT", "DELETE"], "/:seq/reactions/:emoji", async (context) => {
    const place = await conversationFromPath(context);
    const on = context.req.method === "PUT";
    const reaction = { seq: seqInPath(context), emoji: emojiInPath(context), on };
    return change(context, place, { type: "react", ...reaction, ...nameOf(context) });
  })
  .all("/", methodRefused("GET", "POST"))
  .all("/:seq", methodRefused("PATCH", "DELETE"))
  .all("/:seq/reactions/:emoji", methodRefused("PUT", "DELETE"));

async function change(
  context: Context<HttpEnv>,
  place: ConversationRef,
  frame: ChangeFrame,
): Promise<Response> {
  const { message, rev } = await write(context, place, frame);
  return context.json<ChangeAnswer>({ seq: message.seq, rev, message });
}

// `PUT` and `DELETE` say how it shall be: a repeat without a name of its own does no harm.
function nameOf(context: Context<HttpEnv>): Pick<ChangeFrame, "id" | "after"> {
  const { id = crypto.randomUUID(), after } = queryOf(context, changeQuerySchema);
  return { id, after };
}
