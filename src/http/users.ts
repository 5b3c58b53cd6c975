import { refusal } from "../protocol/errors.ts";
import type { User } from "../protocol/rest.ts";
import { directoryOf } from "../users/directory.ts";
import { factory } from "./door.ts";
import { userIdInPath } from "./peer.ts";
import { methodRefused, HttpError } from "./problem.ts";

/** `/v1/users/{id}`: what a user is called. */
export const users = factory
  .createApp()
  .get("/:id", async (context) => {
    const settings = context.get("settings");
    const name = userIdInPath(context.req.url, 3, "id");
    const { id, known, profile } = await directoryOf(context.env.DB, settings).find(name, Date.now());
    // Your own first sign-in may be on its way to the archive.
    if (settings.peers === "known" && !known && id !== context.get("verified").user) {
      throw new HttpError(refusal("unknown_peer", { field: "id" }));
    }
    return context.json<User>({ id, ...profile });
  })
  .all("/:id", methodRefused("GET"));
