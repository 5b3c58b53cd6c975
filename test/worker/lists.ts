import { expect } from "vitest";
import { conversationKey } from "../../src/archive/conversation-key.ts";
import { conversationListSchema, type ConversationList } from "../../src/protocol/conversation-list.ts";
import { conversationName } from "../../src/protocol/pair.ts";
import { env, origin, tokenFor, worker } from "./clients.ts";

export type ListQuery = Readonly<Record<string, string | number | boolean>>;

/** `GET /v1/conversations` as a user. */
export async function askList(user: string, query: ListQuery = {}, method = "GET"): Promise<Response> {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return worker.fetch(`${origin}/v1/conversations?${search.toString()}`, {
    method,
    headers: { authorization: `Bearer ${await tokenFor(user)}` },
  });
}

export async function listOf(user: string, query: ListQuery = {}): Promise<ConversationList> {
  const response = await askList(user, query);
  expect(response.status).toBe(200);
  return conversationListSchema.parse(await response.json());
}

/** All pages of a list from the first on, `limit` conversations each. */
export async function pagesOf(
  user: string,
  limit: number,
  query: ListQuery = {},
): Promise<ConversationList[]> {
  const pages = [await listOf(user, { ...query, limit })];
  for (let last = pages.at(-1); last?.nextCursor !== undefined; last = pages.at(-1)) {
    pages.push(await listOf(user, { ...query, limit, cursor: last.nextCursor }));
  }
  return pages;
}

export const peersIn = (...lists: readonly ConversationList[]): string[] =>
  lists.flatMap((list) => list.conversations.map(({ peer }) => peer));

/** A user nobody else uses, with peers that sort before and after them, so that they are on either side. */
export function userWithPeers(count: number): { readonly user: string; readonly peers: readonly string[] } {
  const name = crypto.randomUUID();
  const peers = Array.from({ length: count }, (_, nth) => `${nth % 2 === 0 ? "a" : "z"}-${name}-${nth}`);
  return { user: `m-${name}`, peers };
}

interface Summarized {
  readonly head?: number;
  readonly lastAtMs: number;
  readonly updatedAtMs?: number;
}

/** Puts summaries straight into D1: every message the peer's, none read. */
export async function putSummaries(
  user: string,
  peers: readonly string[],
  summaryOf: (nth: number) => Summarized,
): Promise<void> {
  const rows = peers.map(async (peer, nth) => {
    const { head = 1, lastAtMs, updatedAtMs = lastAtMs } = summaryOf(nth);
    const [a, b] = user < peer ? [user, peer] : [peer, user];
    const author = a === peer ? "a" : "b";
    const key = await conversationKey(conversationName(a, b));
    return [key, a, b, head, author, lastAtMs, a === peer ? head : 0, updatedAtMs];
  });
  await env.DB.prepare(
    `INSERT INTO conversations (id, user_a, user_b, rev, head, last_author, last_text, last_at_ms, count_a, updated_at_ms, read_a, read_b, read_count_a, read_count_b)
     SELECT value->>0, value->>1, value->>2, value->>3, value->>3, value->>4, 'text', value->>5, value->>6, value->>7, 0, 0, 0, 0 FROM json_each(?)`,
  )
    .bind(JSON.stringify(await Promise.all(rows)))
    .run();
}
