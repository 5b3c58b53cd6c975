import type { Context } from "hono";
import { conversationKey } from "../archive/conversation-key.ts";
import type { WriteReply } from "../conversation/callers.ts";
import type { Conversation } from "../conversation/conversation-object.ts";
import type { ChangeFrame, WriteFrame } from "../protocol/client-frame.ts";
import { contentFault } from "../protocol/content.ts";
import { pairFromName } from "../protocol/pair.ts";
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
import { addressed, untilSettled } from "./addressed.ts";
import { factory, type HttpEnv } from "./door.ts";
import { historySources, readHistory } from "./history.ts";
import { bodyOf, queryOf } from "./input.ts";
import { emojiInPath, seqInPath } from "./path.ts";
import { methodRefused, RequestRefused } from "./problem.ts";

/** REST of one conversation's messages, below `/v1/conversations/{peer}/messages`. */
export const messages = factory
  .createApp()
  .get("/", async (context) => {
    const { name, stub } = await addressed(context);
    const query = queryOf(context, pageQuerySchema);
    const record = (part: Parameters<Conversation["page"]>[0]) => stub().page(part);
    const sources = historySources(context.env.DB, pairFromName(name), conversationKey(name), record);
    const { page, archivedRev } = await readHistory(sources, query);
    return context.json<Page>(page, 200, { [archivedRevHeader]: String(archivedRev) });
  })
  .post("/", async (context) => {
    const place = await addressed(context);
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
    const place = await addressed(context);
    const seq = seqInPath(context);
    return change(context, place, { type: "edit", seq, ...(await bodyOf(context, editBodySchema)) });
  })
  .delete("/:seq", async (context) => {
    const place = await addressed(context);
    return change(context, place, { type: "delete", seq: seqInPath(context), ...nameOf(context) });
  })
  .on(["PUT", "DELETE"], "/:seq/reactions/:emoji", async (context) => {
    const place = await addressed(context);
    const on = context.req.method === "PUT";
    const reaction = { seq: seqInPath(context), emoji: emojiInPath(context), on };
    return change(context, place, { type: "react", ...reaction, ...nameOf(context) });
  })
  .all("/", methodRefused("GET", "POST"))
  .all("/:seq", methodRefused("PATCH", "DELETE"))
  .all("/:seq/reactions/:emoji", methodRefused("PUT", "DELETE"));

type Place = Awaited<ReturnType<typeof addressed>>;

/** Sends or changes a message, and sees to the archive. */
async function write(context: Context<HttpEnv>, { user, stub }: Place, frame: WriteFrame) {
  // Judged before it travels: what writes values between objects recurses without a bound.
  const fault = contentFault(frame, context.get("settings").limits);
  if (fault !== undefined) {
    throw new RequestRefused(fault);
  }
  // The platform's types lose an answer that holds `unknown`, as a message's data does.
  const reply = (await stub().write(user, frame)) as WriteReply;
  if (!reply.ok) {
    throw new RequestRefused(reply.refusal);
  }
  context.executionCtx.waitUntil(untilSettled(stub, reply.message.rev));
  return reply;
}

async function change(context: Context<HttpEnv>, place: Place, frame: ChangeFrame): Promise<Response> {
  const { message, rev } = await write(context, place, frame);
  return context.json<ChangeAnswer>({ seq: message.seq, rev, message });
}

// `PUT` and `DELETE` say how it shall be: a repeat without a name of its own does no harm.
function nameOf(context: Context<HttpEnv>): Pick<ChangeFrame, "id" | "after"> {
  const { id = crypto.randomUUID(), after } = queryOf(context, changeQuerySchema);
  return { id, after };
}
