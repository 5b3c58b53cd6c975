import { asc, gt } from "drizzle-orm";
import type { Pair } from "../protocol/pair.ts";
import { ask, openPrimary } from "./database.ts";
import { pageTimeoutMs } from "./read.ts";
import { conversations } from "./schema.ts";

/** Two users of each conversation that the archive has, and what the next page begins after. */
export interface PairsPage {
  readonly pairs: readonly Pair[];
  readonly last: string | undefined;
}

/** Conversations above `after` in the order of their keys; reads a row for each. Throws an ArchiveError. */
export async function readPairs(d1: D1Database, after: string, limit: number): Promise<PairsPage> {
  const db = openPrimary(d1);
  const rows = await ask(pageTimeoutMs, () =>
    db
      .select({ id: conversations.id, a: conversations.userA, b: conversations.userB })
      .from(conversations)
      .where(gt(conversations.id, after))
      .orderBy(asc(conversations.id))
      .limit(limit),
  );
  return {
    pairs: rows.map(({ a, b }) => ({ a, b })),
    last: rows.length === limit ? rows.at(-1)?.id : undefined,
  };
}
