import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import * as z from "zod";
import { userIdSchema } from "../protocol/identity.ts";
import { conversationPairsSchema } from "../protocol/verification.ts";
import { ask, jsonOf } from "./admin-request.ts";
import type { Deployment } from "./deployment.ts";

/** Two user ids. */
export type Users = readonly [string, string];

const lineSchema = z.tuple([userIdSchema, userIdSchema]);

/** Every conversation that D1 knows, a page at a time. Throws an error that an operator can read. */
export async function* pairsOfDeployment(deployment: Deployment): AsyncGenerator<Users> {
  let cursor = "";
  for (;;) {
    const query = cursor === "" ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const answer = await ask(deployment, { method: "GET", path: `/v1/admin/conversations${query}` });
    const page = conversationPairsSchema.safeParse(answer);
    if (!page.success) {
      throw new Error(`${deployment.url} answered otherwise than Pairline does`);
    }
    yield* page.data.conversations;
    if (page.data.nextCursor === undefined) {
      return;
    }
    cursor = page.data.nextCursor;
  }
}

/** Every conversation of a file of lines like `["alice","bob"]`. Throws an error that names a line that is none. */
export async function* pairsOfFile(path: string): AsyncGenerator<Users> {
  let number = 0;
  for await (const line of createInterface(createReadStream(path, "utf8"))) {
    number += 1;
    if (line.trim() !== "") {
      const users = lineSchema.safeParse(jsonOf(line));
      if (!users.success) {
        throw new Error(`${path}, line ${number}: not two user ids like ["alice","bob"]`);
      }
      yield users.data;
    }
  }
}
