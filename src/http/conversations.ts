import type { Context } from "hono";
import type { FlagUpdate } from "../model/flags.ts";
import { flagsBodySchema, readBodySchema, type OwnSummary, type ReadAnswer } from "../protocol/rest.ts";
import { conversationFromPath, waitUntilReplicated } from "./addressed.ts";
import { factory, type HttpEnv } from "./door.ts";
import { bodyOf } from "./input.ts";
import { messages } from "./messages.ts";
import { methodRefused, HttpError } from "./problem.ts";

/** REST of one conversation, below `/v1/conversations/{peer}`. */
export const conversations = factory
  .createApp()
  .get("/:peer", async (context) => {
    const { user, stub } = await conversationFromPath(context);
    return context.json<OwnSummary>(await stub().summary(user));
  })
  .patch("/:peer", async (context) => {
    const place = await conversationFromPath(context);
    return setFlags(context, place, await bodyOf(context, flagsBodySchema));
  })
  .put("/:peer/block", async (context) =>
    setFlags(context, await conversationFromPath(context), { blocked: true }),
  )
  .delete("/:peer/block", async (context) =>
    setFlags(context, await conversationFromPath(context), { blocked: false }),
  )
  .put("/:peer/read", async (context) => {
    const { user, stub } = await conversationFromPath(context);
    const { seq } = await bodyOf(context, readBodySchema);
    const reply = await stub().read(user, seq);
    if (!reply.ok) {
      throw new HttpError(reply.refusal);
    }
    context.executionCtx.waitUntil(waitUntilReplicated(context, stub, 0));
    return context.json<ReadAnswer>({ seq: reply.seq });
  })
  .all("/:peer", methodRefused("GET", "PATCH"))
  .all("/:peer/block", methodRefused("PUT", "DELETE"))
  .all("/:peer/read", methodRefused("PUT"))
  .route("/:peer/messages", messages);

async function setFlags(
  context: Context<HttpEnv>,
  { user, stub }: Awaited<ReturnType<typeof conversationFromPath>>,
  update: FlagUpdate,
): Promise<Response> {
  const reply = await stub().setFlags(user, update);
  if (!reply.ok) {
    throw new HttpError(reply.refusal);
  }
  context.executionCtx.waitUntil(waitUntilReplicated(context, stub, 0));
  return context.json<OwnSummary>(reply.summary);
}
