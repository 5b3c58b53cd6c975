// The Worker as it is, with faults around its clock, its D1 and its inboxes. Only `npm run chaos` builds it.
import { env as bindings } from "cloudflare:workers";
import type { Env } from "../../../src/env.ts";
import app, { Conversation as WellConversation, Inbox as WellInbox } from "../../../src/index.ts";
import { alignAlarms, installClock } from "./faulty-clock.ts";
import { installD1 } from "./faulty-d1.ts";
import { countFault, faultsNow, setFaults, type Faults } from "./faults.ts";
import type { InboxNotification, NotifyResult } from "../../../src/rpc/inbox.ts";

const { DB, REPLICA } = bindings as unknown as { DB: D1Database; REPLICA: D1Database };
installClock();
installD1(DB, REPLICA);

export class Conversation extends WellConversation {
  constructor(ctx: DurableObjectState, env: Env) {
    alignAlarms(ctx.storage);
    super(ctx, { ...env, DB });
  }
}

export class Inbox extends WellInbox {
  override async notify(delivery: InboxNotification): Promise<NotifyResult> {
    const luck = faultsNow().inbox === "well" ? 1 : Math.random();
    if (luck < 0.2) {
      countFault("inbox");
      throw new Error("the inbox failed before it took anything");
    }
    const answer = await super.notify(delivery);
    if (luck < 0.4) {
      countFault("inbox");
      throw new Error("the inbox failed after it took it");
    }
    if (luck < 0.5) {
      countFault("inbox");
      this.ctx.abort("the inbox died");
    }
    return answer;
  }
}

export { SocketIoSession } from "../../../src/index.ts";

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    return new URL(request.url).pathname === "/chaos"
      ? Response.json(setFaults(await request.json<Faults>()))
      : app.fetch(request, { ...env, DB }, context);
  },
};
