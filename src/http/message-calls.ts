import type { Context } from "hono";
import { conversationKey } from "../archive/conversation-key.ts";
import type { WriteFrame } from "../protocol/client-frame.ts";
import { formFault } from "../protocol/content.ts";
import { pairFromName } from "../protocol/pair.ts";
import type { PageQuery } from "../protocol/rest.ts";
import { waitUntilReplicated, type ConversationRef } from "./addressed.ts";
import type { HttpEnv } from "./door.ts";
import { historySources, readHistory } from "../history/history.ts";
import { HttpError } from "./problem.ts";
import type { SendResult, StoredPageQuery } from "../rpc/conversation.ts";

/** A page of the conversation's history. Throws a RequestRefused. */
export async function readMessages(
  context: Context<HttpEnv>,
  { name, stub }: ConversationRef,
  query: PageQuery,
) {
  const stored = (part: StoredPageQuery) => stub().page(part);
  const sources = historySources(context.env.DB, pairFromName(name), conversationKey(name), stored);
  const result = await readHistory(sources, query);
  if (!result.ok) {
    throw new HttpError(result.refusal);
  }
  return result;
}

/** Sends or changes a message, and sees to the archive. Throws a RequestRefused. */
export async function write(context: Context<HttpEnv>, { user, stub }: ConversationRef, frame: WriteFrame) {
  // Judged before it travels: what writes values between objects recurses without a bound.
  const fault = formFault(frame);
  if (fault !== undefined) {
    throw new HttpError(fault);
  }
  // The platform's types lose an answer that holds `unknown`, as a message's data does.
  const reply = (await stub().write(user, frame)) as SendResult;
  if (!reply.ok) {
    throw new HttpError(reply.refusal);
  }
  context.executionCtx.waitUntil(waitUntilReplicated(context, stub, reply.message.rev));
  return reply;
}
