import type { Context } from "hono";
import { readPairs } from "../archive/pairs.ts";
import { pairsQuerySchema, type ConversationPairs } from "../protocol/verification.ts";
import type { HttpEnv } from "./door.ts";
import { queryOf } from "./input.ts";

/** `GET /v1/admin/conversations`. Throws a RequestRefused or an ArchiveError. */
export async function listPairs(context: Context<HttpEnv>): Promise<Response> {
  const { cursor, limit } = queryOf(context, pairsQuerySchema);
  const { pairs, last } = await readPairs(context.env.DB, cursor, limit);
  const page = {
    conversations: pairs.map(({ a, b }): [string, string] => [a, b]),
    ...(last !== undefined && { nextCursor: last }),
  };
  return context.json<ConversationPairs>(page, 200, { "cache-control": "no-store" });
}
