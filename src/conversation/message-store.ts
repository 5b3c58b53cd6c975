import { messageValues, type StoredMessage, quoteOf, type QuotingMessage } from "../model/message.ts";
import { noFlags, type Flags } from "../model/flags.ts";
import type { Side } from "../protocol/pair.ts";
import {
  createTables,
  findVersion,
  schemaVersion,
  messageColumns,
  messageFrom,
  type SqlRow,
  type SqlValue,
  upgradesFrom,
} from "./message-store-schema.ts";

/** What the log needs of an object's storage: SQL that runs at once, and transactions without an `await`. */
export interface ObjectStorage {
  readonly sql: { exec(query: string, ...bindings: SqlValue[]): Iterable<SqlRow> };
  transactionSync<T>(run: () => T): T;
}

/** A cursor of each side. */
export type Cursors = Readonly<Record<Side, number>>;

/** The one durable row beside the messages. */
export interface StoredState {
  /** Cursors below it are of a history that no longer holds: they get `reset`. */
  readonly minValidRev: number;
  readonly read: Cursors;
  readonly delivered: Cursors;
  /** Since when the archive has not answered; null while it does. */
  readonly failingSinceMs: number | null;
  /** Revisions above it may be of another history than the archive's: they were taken before the two could be compared. Null: none. */
  readonly verifiedRev: number | null;
  readonly flags: Flags;
}

export const emptyState: StoredState = {
  minValidRev: 0,
  read: { a: 0, b: 0 },
  delivered: { a: 0, b: 0 },
  failingSinceMs: null,
  verifiedRev: null,
  flags: noFlags,
};

/** How much a read may bring. One message always comes. */
export interface ReadBudget {
  readonly rows: number;
  /** Characters of texts and JSON. */
  readonly characters: number;
}

/** What a budget covered: everything that was asked for up to the revision `upTo`; Infinity where that is all of it. */
export interface PartialRead {
  readonly messages: readonly StoredMessage[];
  readonly upTo: number;
}

/** Changed rows that a walk over unchanged ones may pass for each that its budget allows. */
const maxScannedForEach = 4;

/** A stored message's name and place, for the retry check. */
export type StoredId = Pick<StoredMessage, "seq" | "createdRev" | "author" | "id">;

/**
 * The conversation's record in the object's own SQLite: the only place that speaks SQL to it.
 * Tables are made by the first write, so a conversation that is only looked at stores nothing.
 */
export class MessageStore {
  readonly #storage: ObjectStorage;
  /** Of the tables; undefined while there are none. */
  #version: number | undefined;

  constructor(storage: ObjectStorage) {
    this.#storage = storage;
    this.#look();
  }

  /** Runs `run` as one transaction, nested ones too; a throw undoes it and passes on. */
  transaction<T>(run: () => T): T {
    try {
      return this.#storage.transactionSync(run);
    } catch (error) {
      this.#look();
      throw error;
    }
  }

  readState(): StoredState {
    const row = this.#first("SELECT * FROM state WHERE id = 1");
    if (row === undefined) {
      return emptyState;
    }
    return {
      minValidRev: row["floor_rev"] as number,
      read: { a: row["read_a"] as number, b: row["read_b"] as number },
      delivered: { a: row["delivered_a"] as number, b: row["delivered_b"] as number },
      failingSinceMs: row["failing_since_ms"] as number | null,
      verifiedRev: (row["sure_rev"] ?? null) as number | null,
      flags:
        typeof row["flags"] === "string" ? { ...noFlags, ...(JSON.parse(row["flags"]) as Flags) } : noFlags,
    };
  }

  writeState({ minValidRev, read, delivered, failingSinceMs, flags, verifiedRev }: StoredState): void {
    this.#createOnce();
    this.#run(
      `INSERT OR REPLACE INTO state (id, schema_version, floor_rev, read_a, read_b, delivered_a, delivered_b, failing_since_ms, flags, sure_rev)
       VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      schemaVersion,
      minValidRev,
      read.a,
      read.b,
      delivered.a,
      delivered.b,
      failingSinceMs,
      flags.state === 0 ? null : JSON.stringify(flags),
      verifiedRev,
    );
  }

  /** Adds the next message. Throws where its `seq` is taken. */
  append(row: StoredMessage): void {
    if (this.#createOnce()) {
      this.writeState(emptyState);
    }
    this.#run(
      `INSERT INTO messages (${messageColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...messageValues(row),
    );
  }

  /** Gives a message that is there what an edit, deletion or reaction made of it. */
  change(row: StoredMessage): void {
    this.#createOnce();
    this.#run(
      `UPDATE messages SET rev = ?, text = ?, edited_at_ms = ?, deleted_at_ms = ?, reply_to = ?, reactions = ?, data = ?, edit_id = ?, edit_rev = ?
       WHERE seq = ?`,
      row.rev,
      row.text,
      row.editedAtMs,
      row.deletedAtMs,
      row.replyTo,
      row.reactions,
      row.data,
      row.editId,
      row.editRev,
      row.seq,
    );
  }

  /** Puts a message in its place, whatever stood there. */
  put(row: StoredMessage): void {
    this.#createOnce();
    this.#run(
      `INSERT OR REPLACE INTO messages (${messageColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...messageValues(row),
    );
  }

  remove(seq: number): void {
    this.#run("DELETE FROM messages WHERE seq = ?", seq);
  }

  message(seq: number): StoredMessage | undefined {
    const row = this.#first("SELECT * FROM messages WHERE seq = ?", seq);
    return row && messageFrom(row);
  }

  last(): StoredMessage | undefined {
    const row = this.#first("SELECT * FROM messages ORDER BY seq DESC LIMIT 1");
    return row && messageFrom(row);
  }

  /** The messages `fromSeq`…`toSeq`, oldest first. */
  range(fromSeq: number, toSeq: number): StoredMessage[] {
    return this.#messages("WHERE seq BETWEEN ? AND ? ORDER BY seq", fromSeq, toSeq);
  }

  /** Those of the messages `fromSeq`…`toSeq` of which a reader sees something that changed after `rev`, oldest first. */
  changedRange(fromSeq: number, toSeq: number, rev: number): StoredMessage[] {
    return this.#messages(
      `WHERE seq BETWEEN ? AND ? AND (rev > ? OR reply_to IN
         (SELECT seq FROM messages WHERE rev > created_rev AND rev > ?)) ORDER BY seq`,
      fromSeq,
      toSeq,
      rev,
      rev,
    );
  }

  messagesOf(seqs: readonly number[]): StoredMessage[] {
    return this.#messages("WHERE seq IN (SELECT value FROM json_each(?))", JSON.stringify(seqs));
  }

  /** Messages an edit, deletion or reaction changed after `rev`, by `rev`. */
  changedSince(rev: number, budget: ReadBudget): PartialRead {
    return this.#within(budget, "rev", "WHERE rev > created_rev AND rev > ? ORDER BY rev", rev);
  }

  /** Messages above `seq` that nobody changed since, by `seq`. */
  unchangedAbove(seq: number, budget: ReadBudget): PartialRead {
    return this.#within(budget, "createdRev", "WHERE seq > ? ORDER BY seq", seq);
  }

  /** The newest revision of a change; 0 without any. */
  newestChangeRev(): number {
    const row = this.#first("SELECT rev FROM messages WHERE rev > created_rev ORDER BY rev DESC LIMIT 1");
    return row === undefined ? 0 : (row["rev"] as number);
  }

  createdRev(seq: number): number | undefined {
    return this.#first("SELECT created_rev FROM messages WHERE seq = ?", seq)?.["created_rev"] as
      | number
      | undefined;
  }

  /** Names below `seq`, newest first, read one by one: a caller that stops has paid for no more. */
  *idsBelow(seq: number): Generator<StoredId> {
    if (this.#version === undefined) {
      return;
    }
    const rows = this.#run(
      "SELECT seq, created_rev, author, id FROM messages WHERE seq < ? ORDER BY seq DESC",
      seq,
    );
    for (const row of rows) {
      yield {
        seq: row["seq"] as number,
        createdRev: row["created_rev"] as number,
        author: row["author"] as Side,
        id: row["id"] as string,
      };
    }
  }

  #messages(clause: string, ...bindings: SqlValue[]): StoredMessage[] {
    if (this.#version === undefined) {
      return [];
    }
    return Array.from(this.#run(`SELECT * FROM messages ${clause}`, ...bindings), messageFrom);
  }

  // Rows come one by one: what the budget does not cover is not read.
  #within(budget: ReadBudget, order: "rev" | "createdRev", clause: string, binding: SqlValue): PartialRead {
    const messages: StoredMessage[] = [];
    let scanned = 0;
    let upTo = 0;
    let characters = 0;
    const found = this.#version === undefined ? [] : this.#run(`SELECT * FROM messages ${clause}`, binding);
    for (const row of found) {
      const message = messageFrom(row);
      const isMeant = order === "rev" || message.rev === message.createdRev;
      characters += isMeant ? charactersOf(message) : 0;
      const isOver = messages.length === budget.rows || characters > budget.characters;
      if ((isOver && messages.length > 0) || scanned === maxScannedForEach * budget.rows) {
        return { messages, upTo };
      }
      scanned += 1;
      upTo = message[order];
      if (isMeant) {
        messages.push(message);
      }
    }
    return { messages, upTo: Number.POSITIVE_INFINITY };
  }

  #first(query: string, ...bindings: SqlValue[]): SqlRow | undefined {
    if (this.#version === undefined) {
      return undefined;
    }
    const [row] = this.#run(query, ...bindings);
    return row;
  }

  #run(query: string, ...bindings: SqlValue[]): Iterable<SqlRow> {
    return this.#storage.sql.exec(query, ...bindings);
  }

  #createOnce(): boolean {
    const isNew = this.#version === undefined;
    if (this.#version !== schemaVersion) {
      for (const statement of isNew ? createTables : upgradesFrom(this.#version ?? 0)) {
        this.#run(statement);
      }
      this.#version = schemaVersion;
    }
    return isNew;
  }

  #look(): void {
    const [row] = this.#run(findVersion);
    this.#version = row && (row["version"] as number);
  }
}

export function charactersOf({ text, data, reactions }: StoredMessage): number {
  return text.length + (data?.length ?? 0) + (reactions?.length ?? 0);
}

/** Messages as readers get them: replies with what they answer, as that is now. Reads each of those once. */
export function quoting(store: MessageStore, messages: readonly StoredMessage[]): QuotingMessage[] {
  const seqs = new Set(messages.flatMap(({ replyTo }) => (replyTo === null ? [] : [replyTo])));
  const answered = seqs.size === 0 ? [] : store.messagesOf([...seqs]);
  const quotes = new Map(answered.map((row) => [row.seq, quoteOf(row)]));
  return messages.map((row) => ({ ...row, quote: quotes.get(row.replyTo ?? 0) ?? null }));
}
/** Where a conversation stands: its newest message and its newest revision. */
export interface Position {
  readonly head: number;
  readonly rev: number;
}

/**
 * The newest `seq` that existed at revision `rev`. Each message after `rev` took a revision of its own, so at most
 * `position.rev - rev` lie above the answer: plain messages cost one read, anything else a binary search.
 */
export function seqAtRev(store: MessageStore, position: Position, rev: number): number {
  let low = Math.max(0, position.head - Math.max(0, position.rev - rev));
  let high = position.head;
  let probe = low + 1;
  while (low < high) {
    const createdRev = store.createdRev(probe);
    if (createdRev !== undefined && createdRev <= rev) {
      low = probe;
    } else {
      high = probe - 1;
    }
    probe = Math.ceil((low + high) / 2);
  }
  return low;
}

/**
 * The messages that are new or changed since `rev`, by `rev`, each once in its newest form, as far as the budget reaches.
 * Those that were created and changed after `rev` come with their change.
 */
export function changesSince(
  store: MessageStore,
  position: Position,
  rev: number,
  budget: ReadBudget,
): PartialRead {
  if (rev >= position.rev) {
    return { messages: [], upTo: Number.POSITIVE_INFINITY };
  }
  const changed = store.changedSince(rev, budget);
  const created = store.unchangedAbove(seqAtRev(store, position, rev), budget);
  return changed.messages.length === 0 ? created : merged(created, changed, budget);
}

function merged(one: PartialRead, other: PartialRead, budget: ReadBudget): PartialRead {
  const upTo = Math.min(one.upTo, other.upTo);
  const covered = [...one.messages, ...other.messages]
    .filter(({ rev }) => rev <= upTo)
    .toSorted((left, right) => left.rev - right.rev);
  const messages = covered.slice(0, countWithin(covered, budget));
  return { messages, upTo: messages.length < covered.length ? (messages.at(-1)?.rev ?? upTo) : upTo };
}

/** How many of the messages a budget allows; always one. */
function countWithin(messages: readonly StoredMessage[], budget: ReadBudget): number {
  let characters = 0;
  const over = messages.findIndex((message, index) => {
    characters += charactersOf(message);
    return index === budget.rows || (index > 0 && characters > budget.characters);
  });
  return over === -1 ? messages.length : over;
}
