import type { StoredMessage } from "../model/message.ts";
import type { Side } from "../protocol/pair.ts";

/** The version of these tables, kept in the state row of each object. */
export const schemaVersion = 3;

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
    data TEXT,
    edit_id TEXT,
    edit_rev INTEGER
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
    flags TEXT,
    sure_rev INTEGER
  )`,
] as const;

/** What version 2 added. `flags`: JSON, null while nobody set any. */
const addFlags = ["ALTER TABLE state ADD COLUMN flags TEXT"];
/** What version 3 added: the newest edit's `id` and `rev`, and how far a record is sure of its history. */
const addEdits = [
  "ALTER TABLE state ADD COLUMN sure_rev INTEGER",
  "ALTER TABLE messages ADD COLUMN edit_id TEXT",
  "ALTER TABLE messages ADD COLUMN edit_rev INTEGER",
];

/** Which version the tables are of, told by their columns; no row where there are none yet. */
export const findVersion = `SELECT CASE
    WHEN state.sql NOT LIKE '%flags%' THEN 1 WHEN messages.sql NOT LIKE '%edit_id%' THEN 2 ELSE 3 END AS version
  FROM sqlite_master AS state JOIN sqlite_master AS messages
  WHERE state.type = 'table' AND state.name = 'state' AND messages.type = 'table' AND messages.name = 'messages'`;

/** What makes tables of an older version those of today. */
export function upgradesFrom(version: number): readonly string[] {
  return [...(version < 2 ? addFlags : []), ...(version < 3 ? addEdits : [])];
}

/** In the order of `messageValues`. */
export const messageColumns =
  "seq, rev, created_rev, author, id, text, created_at_ms, count_a, edited_at_ms, deleted_at_ms, reply_to, reactions, data, edit_id, edit_rev";

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
    // Tables of an older version lack these until their next write.
    editId: (row["edit_id"] ?? null) as string | null,
    editRev: (row["edit_rev"] ?? null) as number | null,
  };
}
