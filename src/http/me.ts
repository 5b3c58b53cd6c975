import { presenceBodySchema, type PresenceBody } from "../protocol/rest.ts";
import { factory } from "./door.ts";
import { bodyOf } from "./input.ts";
import { methodRefused, HttpError } from "./problem.ts";

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
    const refused = await context.env.INBOXES.getByName(user).setVisible(visible);
    if (refused !== undefined) {
      throw new HttpError(refused);
    }
    return context.json<PresenceBody>({ visible });
  })
  .all("/presence", methodRefused("GET", "PUT"));
