import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { conversationKey } from "../../src/archive/conversation-key.ts";
import { previewOf } from "../../src/protocol/preview.ts";
import type { ConversationRpc } from "../../src/rpc/conversation.ts";
import type { Env } from "../../src/env.ts";
import { conversationName } from "../../src/protocol/pair.ts";

export type ConversationStub = DurableObjectStub<ConversationRpc>;

/** A message as both tables hold it. */
export interface StoredRow {
  readonly seq: number;
  readonly rev: number;
  readonly created_rev: number;
  readonly author: "a" | "b";
  readonly id: string;
  readonly text: string;
  readonly created_at_ms: number;
  readonly count_a: number;
  readonly [column: string]: unknown;
}

const columns =
  "seq, rev, created_rev, author, id, text, created_at_ms, count_a, edited_at_ms, deleted_at_ms, reply_to, reactions, data, edit_id, edit_rev";

export function conversationOf(env: Env, one: string, other: string): ConversationStub {
  return env.CONVERSATIONS.getByName(conversationName(one, other));
}

/** The messages in the object's own SQLite. */
export function recordRows(stub: ConversationStub): Promise<StoredRow[]> {
  return runInDurableObject(stub, (_, { storage }) => {
    const tables = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'messages'").toArray();
    return tables.length === 0
      ? []
      : storage.sql
          .exec<StoredRow & Record<string, SqlStorageValue>>(`SELECT ${columns} FROM messages ORDER BY seq`)
          .toArray();
  });
}

/** The messages in D1. */
export async function archiveRows(env: Env, one: string, other: string): Promise<StoredRow[]> {
  const key = await conversationKey(conversationName(one, other));
  const { results } = await env.DB.prepare(
    `SELECT ${columns} FROM messages WHERE conversation = ? ORDER BY seq`,
  )
    .bind(key)
    .all<StoredRow>();
  return results;
}

interface SummaryRow {
  readonly rev: number;
  readonly read_a: number;
  readonly read_b: number;
  readonly [column: string]: unknown;
}

/** The summary row in D1 without what only the clock knows. */
export async function archiveSummary(env: Env, one: string, other: string) {
  const key = await conversationKey(conversationName(one, other));
  return env.DB.prepare(
    `SELECT user_a, user_b, rev, head, last_author, last_text, last_at_ms, count_a, read_a, read_b, read_count_a, read_count_b
     FROM conversations WHERE id = ?`,
  )
    .bind(key)
    .first<SummaryRow>();
}

/** What the summary must say of these messages and cursors, counted the slow way. */
export function summaryOf(
  users: readonly [string, string],
  rows: readonly StoredRow[],
  read: { readonly a: number; readonly b: number },
) {
  const [userA, userB] = users.toSorted();
  const last = rows.at(-1);
  const written = (author: "a" | "b", upTo: number) =>
    rows.filter((row) => row.author === author && row.seq <= upTo).length;
  return {
    user_a: userA,
    user_b: userB,
    rev: Math.max(0, ...rows.map((row) => row.rev)),
    head: rows.length,
    last_author: last?.author ?? null,
    last_text: last === undefined ? null : previewOf(last.text),
    last_at_ms: last?.created_at_ms ?? null,
    count_a: written("a", rows.length),
    read_a: read.a,
    read_b: read.b,
    read_count_a: written("b", read.a),
    read_count_b: written("a", read.b),
  };
}

/** Rings the object's alarm until D1 has everything up to `rev` and `read`; throws where sixty rings did not do it. */
export async function archived(
  env: Env,
  one: string,
  other: string,
  rev: number,
  read = { a: 0, b: 0 },
): Promise<void> {
  const stub = conversationOf(env, one, other);
  for (let rung = 0; rung < 60; rung += 1) {
    await stub.waitUntilReplicated(rev);
    // A failing D1 fails here too; then the next ring shows it.
    const summary = await archiveSummary(env, one, other).catch(() => null);
    if (summary !== null && summary.rev >= rev && summary.read_a >= read.a && summary.read_b >= read.b) {
      return;
    }
    await runDurableObjectAlarm(stub);
  }
  throw new Error(`D1 still lacks revision ${rev} after sixty alarms`);
}

/** When the object's alarm rings, or null. */
export function alarmOf(stub: ConversationStub): Promise<number | null> {
  return runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
}
