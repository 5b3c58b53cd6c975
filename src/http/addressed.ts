import type { Context } from "hono";
import type { ConversationRpc } from "../rpc/conversation.ts";
import { conversationName } from "../protocol/pair.ts";
import type { HttpEnv } from "./door.ts";
import { peerFrom } from "./peer.ts";

const replicationTries = 5;

/** Whose conversation with whom a request is about. */
export async function conversationFromPath(context: Context<HttpEnv>): Promise<ConversationRef> {
  return conversationWith(context, await peerFrom(context));
}

/** The conversation of the request's user with a peer. The stub is made anew for each call: one that broke stays broken. */
export function conversationWith(context: Context<HttpEnv>, peer: string): ConversationRef {
  const { user } = context.get("verified");
  const name = conversationName(user, peer);
  return { user, peer, name, stub: () => context.env.CONVERSATIONS.getByName(name) };
}

export interface ConversationRef {
  readonly user: string;
  readonly peer: string;
  readonly name: string;
  readonly stub: () => DurableObjectStub<ConversationRpc>;
}

/**
 * Returns when the archive has everything up to `rev`, all read cursors and flags, or is sure to get them. A caller by
 * RPC leaves no socket behind that would wake a crashed object, so it sees to the archive itself.
 */
export async function waitUntilReplicated(
  context: Context<HttpEnv>,
  stub: () => DurableObjectStub<ConversationRpc>,
  rev: number,
): Promise<void> {
  for (let tries = 1; tries <= replicationTries; tries += 1) {
    try {
      await stub().waitUntilReplicated(rev);
      return;
    } catch {
      await scheduler.wait(200 * 2 ** tries);
    }
  }
  const requestId = context.get("requestId");
  context.get("observer").report("settling_abandoned", { requestId, tries: replicationTries });
}
