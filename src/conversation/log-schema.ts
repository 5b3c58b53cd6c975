import type { StoredMessage } from "../archive/stored-message.ts";
import type { Side } from "../protocol/pair.ts";

/** The version of these tables, kept in the state row of each object. */
export const logSchemaVersion = 2;

/**
 * `messages_changed` holds only rows that an edit, deletion or reaction touched: a plain insert writes one row,
 * and "what changed since" finds the others without a scan.
 */
export const createTables = [
  `CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    rev INTEGER NOT NULL,
    created_rev INTEGER NOT NULL,
    author TEXT NOT NULL,
    id TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    count_a INTEGER NOT NULL,
    edited_at_ms INTEGER,
    deleted_at_ms INTEGER,
    reply_to INTEGER,
    reactions TEXT,
    data TEXT
  )`,
  `CREATE INDEX messages_changed ON messages (rev) WHERE rev > created_rev`,
  `CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    schema_version INTEGER NOT NULL,
    floor_rev INTEGER NOT NULL,
    read_a INTEGER NOT NULL,
    read_b INTEGER NOT NULL,
    delivered_a INTEGER NOT NULL,
    delivered_b INTEGER NOT NULL,
    failing_since_ms INTEGER,
    flags TEXT
  )`,
] as const;

/** Version 2, for objects whose tables are of version 1. `flags`: JSON, null while nobody set any. */
export const addFlags = "ALTER TABLE state ADD COLUMN flags TEXT";

/** In the order of `messageValues`. */
export const messageColumns =
  "seq, rev, created_rev, author, id, text, created_at_ms, count_a, edited_at_ms, deleted_at_ms, reply_to, reactions, data";

export type SqlValue = ArrayBuffer | string | number | null;
export type SqlRow = Record<string, SqlValue>;

export function messageFrom(row: SqlRow): StoredMessage {
  return {
    seq: row["seq"] as number,
    rev: row["rev"] as number,
    createdRev: row["created_rev"] as number,
    author: row["author"] as Side,
    id: row["id"] as string,
    text: row["text"] as string,
    createdAtMs: row["created_at_ms"] as number,
    countA: row["count_a"] as number,
    editedAtMs: row["edited_at_ms"] as number | null,
    deletedAtMs: row["deleted_at_ms"] as number | null,
    replyTo: row["reply_to"] as number | null,
    reactions: row["reactions"] as string | null,
    data: row["data"] as string | null,
  };
}
