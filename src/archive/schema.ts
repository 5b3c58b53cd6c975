import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Side } from "../protocol/pair.ts";

/** Every message, once. One row written per message; a page reads as many rows as it shows, at any depth. */
export const messages = sqliteTable(
  "messages",
  {
    conversation: text("conversation").notNull(),
    seq: integer("seq").notNull(),
    rev: integer("rev").notNull(),
    createdRev: integer("created_rev").notNull(),
    author: text("author").$type<Side>().notNull(),
    id: text("id").notNull(),
    text: text("text").notNull(),
    createdAtMs: integer("created_at_ms").notNull(),
    countA: integer("count_a").notNull(),
    editedAtMs: integer("edited_at_ms"),
    deletedAtMs: integer("deleted_at_ms"),
    replyTo: integer("reply_to"),
    reactions: text("reactions"),
    data: text("data"),
    editId: text("edit_id"),
    editRev: integer("edit_rev"),
  },
  (table) => [primaryKey({ columns: [table.conversation, table.seq] })],
);

/**
 * One summary a conversation. `rev` is written with the messages it covers, so it is the archive's cursor: every
 * change up to it is here. Only columns that never change are indexed: an update writes one row.
 */
export const conversations = sqliteTable(
  "conversations",
  {
    id: text("id").primaryKey(),
    userA: text("user_a").notNull(),
    userB: text("user_b").notNull(),
    rev: integer("rev").notNull(),
    head: integer("head").notNull(),
    /** The newest message: who, when, and its first characters, null once it is deleted. */
    lastAuthor: text("last_author").$type<Side>(),
    lastText: text("last_text"),
    lastAtMs: integer("last_at_ms"),
    /** How many messages are of side `a`. */
    countA: integer("count_a").notNull(),
    readA: integer("read_a").notNull(),
    readB: integer("read_b").notNull(),
    /** How many of the peer's messages lie at or below the read cursor. */
    readCountA: integer("read_count_a").notNull(),
    readCountB: integer("read_count_b").notNull(),
    updatedAtMs: integer("updated_at_ms").notNull(),
    /** Counts the changes that take no `rev`: what is muted, archived, blocked. The higher one's flags hold. */
    state: integer("state").notNull().default(0),
    mutedA: integer("muted_a", { mode: "boolean" }).notNull().default(false),
    mutedB: integer("muted_b", { mode: "boolean" }).notNull().default(false),
    archivedA: integer("archived_a", { mode: "boolean" }).notNull().default(false),
    archivedB: integer("archived_b", { mode: "boolean" }).notNull().default(false),
    /** Side `a` blocks `b`, who sees this read cursor of `a` until that is over; null while they do not. */
    blockedA: integer("blocked_a"),
    blockedB: integer("blocked_b"),
  },
  (table) => [index("conversations_user_a").on(table.userA), index("conversations_user_b").on(table.userB)],
);

/** What a user may be called. A row says that the user is known: they signed in, or the app's team named them. */
export const users = sqliteTable("users", {
  id: text("id").primaryKey(),
  name: text("name"),
  picture: text("picture"),
  /** When the token that said so was issued, or the team said so: an older token changes nothing. */
  claimedAtMs: integer("claimed_at_ms").notNull(),
});

/** Another name that stands for a user id wherever a token or an address names a user. */
export const aliases = sqliteTable(
  "aliases",
  { alias: text("alias").primaryKey(), user: text("user").notNull() },
  (table) => [index("aliases_user").on(table.user)],
);

/** All of them: `GET /health` looks for each of their columns. */
export const tables = [messages, conversations, users, aliases];
