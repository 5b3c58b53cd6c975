import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";
import type { Refusal } from "../protocol/errors.ts";
import { admit, type NewConversations } from "./quota.ts";

const quotaKey = "newConversations";

/** One user, over all their conversations: the plug between the platform and what must be counted in one place. */
export class Inbox extends DurableObject<Env> {
  /** Counts a new conversation that this user begins; a refusal beyond `limit` an hour. Writes one row when it counts. */
  admitNewConversation(limit: number): Refusal | undefined {
    const { kv } = this.ctx.storage;
    const admitted = admit(kv.get<NewConversations>(quotaKey), limit, Date.now());
    if (!admitted.ok) {
      return admitted.refusal;
    }
    kv.put(quotaKey, admitted.counted);
    return undefined;
  }
}
