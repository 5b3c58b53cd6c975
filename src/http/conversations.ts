import type { Context } from "hono";
import { conversationKey } from "../archive/conversation-key.ts";
import { toMessage } from "../archive/stored-message.ts";
import type { Conversation } from "../conversation/conversation-object.ts";
import { conversationName, pairFromName } from "../protocol/pair.ts";
import {
  flagsBodySchema,
  pageQuerySchema,
  readBodySchema,
  archivedRevHeader,
  sendBodySchema,
  type Page,
  type ReadAnswer,
  type SendAnswer,
  type OwnSummary,
} from "../protocol/rest.ts";
import { factory, type HttpEnv } from "./door.ts";
import { historySources, readHistory } from "./history.ts";
import { bodyOf, queryOf } from "./input.ts";
import { peerFrom } from "./peer.ts";
import { methodRefused, RequestRefused } from "./problem.ts";

const settleTries = 5;

/** REST of one conversation, below `/v1/conversations/{peer}`. */
export const conversations = factory
  .createApp()
  .get("/:peer", async (context) => {
    const { user, stub } = await addressed(context);
    return context.json<OwnSummary>(await stub().summary(user));
  })
  .patch("/:peer", async (context) => {
    const { user, stub } = await addressed(context);
    const reply = await stub().setFlags(user, await bodyOf(context, flagsBodySchema));
    if (!reply.ok) {
      throw new RequestRefused(reply.refusal);
    }
    context.executionCtx.waitUntil(untilSettled(stub, 0));
    return context.json<OwnSummary>(reply.summary);
  })
  .get("/:peer/messages", async (context) => {
    const { name, stub } = await addressed(context);
    const query = queryOf(context, pageQuerySchema);
    const record = (part: Parameters<Conversation["page"]>[0]) => stub().page(part);
    const sources = historySources(context.env.DB, pairFromName(name), conversationKey(name), record);
    const { page, archivedRev } = await readHistory(sources, query);
    return context.json<Page>(page, 200, { [archivedRevHeader]: String(archivedRev) });
  })
  .post("/:peer/messages", async (context) => {
    const { user, name, stub } = await addressed(context);
    const reply = await stub().send(user, await bodyOf(context, sendBodySchema));
    if (!reply.ok) {
      throw new RequestRefused(reply.refusal);
    }
    const { id, seq, createdRev, createdAtMs, rev } = reply.message;
    context.executionCtx.waitUntil(untilSettled(stub, rev));
    const message = toMessage(reply.message, pairFromName(name));
    const answer: SendAnswer = { id, seq, rev: createdRev, createdAt: createdAtMs, message };
    return context.json(answer, reply.repeated ? 200 : 201);
  })
  .put("/:peer/read", async (context) => {
    const { user, stub } = await addressed(context);
    const { seq } = await bodyOf(context, readBodySchema);
    const reply = await stub().read(user, seq);
    if (!reply.ok) {
      throw new RequestRefused(reply.refusal);
    }
    context.executionCtx.waitUntil(untilSettled(stub, 0));
    return context.json<ReadAnswer>({ seq: reply.seq });
  })
  .all("/:peer", methodRefused("GET", "PATCH"))
  .all("/:peer/messages", methodRefused("GET", "POST"))
  .all("/:peer/read", methodRefused("PUT"));

/** Whose conversation with whom a request is about. The stub is made anew for each call: one that broke stays broken. */
export async function addressed(context: Context<HttpEnv>) {
  const { user } = context.get("verified");
  const peer = await peerFrom(context);
  const name = conversationName(user, peer);
  return { user, peer, name, stub: () => context.env.CONVERSATIONS.getByName(name) };
}

// Read cursors and flags are waited for whatever `rev` says. A caller by RPC leaves no socket behind that would wake a crashed object, so it sees to the archive itself.
async function untilSettled(stub: () => DurableObjectStub<Conversation>, rev: number): Promise<void> {
  for (let tries = 1; tries <= settleTries; tries += 1) {
    try {
      await stub().settled(rev);
      return;
    } catch {
      await scheduler.wait(200 * 2 ** tries);
    }
  }
}
