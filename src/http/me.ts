import { presenceBodySchema, type PresenceBody } from "../protocol/rest.ts";
import { factory } from "./door.ts";
import { bodyOf } from "./input.ts";
import { methodRefused } from "./problem.ts";

/** What the token's user set for themselves, below `/v1/me`. */
export const me = factory
  .createApp()
  .get("/presence", async (context) => {
    const { user } = context.get("verified");
    const visible = await context.env.INBOXES.getByName(user).isVisible();
    return context.json<PresenceBody>({ visible });
  })
  .put("/presence", async (context) => {
    const { user } = context.get("verified");
    const { visible } = await bodyOf(context, presenceBodySchema);
    await context.env.INBOXES.getByName(user).setVisible(visible);
    return context.json<PresenceBody>({ visible });
  })
  .all("/presence", methodRefused("GET", "PUT"));
