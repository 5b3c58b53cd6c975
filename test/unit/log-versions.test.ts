import { expect, test } from "vitest";
import { noFlags } from "../../src/model/flags.ts";
import { MessageStore } from "../../src/conversation/message-store.ts";
import { Sequencer } from "../../src/conversation/sequencer.ts";
import { plainMessage } from "./filled-log.ts";
import { SqliteStorage } from "./sqlite-storage.ts";

type Version = 1 | 2;

/** What an object of an older release holds: its tables, three messages, its state row. */
function objectOf(version: Version): SqliteStorage {
  const storage = new SqliteStorage();
  storage.sql.exec(
    `CREATE TABLE messages (seq INTEGER PRIMARY KEY, rev INTEGER NOT NULL, created_rev INTEGER NOT NULL, author TEXT NOT NULL,
     id TEXT NOT NULL, text TEXT NOT NULL, created_at_ms INTEGER NOT NULL, count_a INTEGER NOT NULL, edited_at_ms INTEGER,
     deleted_at_ms INTEGER, reply_to INTEGER, reactions TEXT, data TEXT)`,
  );
  storage.sql.exec("CREATE INDEX messages_changed ON messages (rev) WHERE rev > created_rev");
  storage.sql.exec(
    `CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), schema_version INTEGER NOT NULL, floor_rev INTEGER NOT NULL,
     read_a INTEGER NOT NULL, read_b INTEGER NOT NULL, delivered_a INTEGER NOT NULL, delivered_b INTEGER NOT NULL,
     failing_since_ms INTEGER)`,
  );
  storage.sql.exec("INSERT INTO state VALUES (1, 1, 0, 2, 1, 3, 3, NULL)");
  if (version === 2) {
    storage.sql.exec("ALTER TABLE state ADD COLUMN flags TEXT");
    storage.sql.exec("UPDATE state SET schema_version = 2, flags = ?", JSON.stringify(flagsOfVersion2));
  }
  for (const seq of [1, 2, 3]) {
    storage.sql.exec(
      "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, NULL)",
      seq,
      seq,
      seq,
      seq % 2 === 1 ? "a" : "b",
      `m${seq}`,
      `text ${seq}`,
      1_000 + seq,
      Math.ceil(seq / 2),
    );
  }
  return storage;
}

const flagsOfVersion2 = { state: 1, muted: { a: true, b: false }, archived: { a: false, b: false } };
const flags = { ...flagsOfVersion2, blocked: { a: null, b: 2 } };
const versions = [1, 2] as const;
const flagsFound = { 1: noFlags, 2: { ...flagsOfVersion2, blocked: { a: null, b: null } } };
const columnsOf = (storage: SqliteStorage, table: "state" | "messages") =>
  Array.from(storage.sql.exec("SELECT name FROM pragma_table_info(?)", table), (row) => row["name"]);

test.each(versions)(
  "[LS8][CO2] tables of version %i are read as they are, and reading changes nothing",
  (version) => {
    const storage = objectOf(version);
    const before = storage.dump();
    const log = new MessageStore(storage);
    const line = new Sequencer(log);
    expect(line.position).toEqual({ head: 3, rev: 3 });
    expect(line.state).toMatchObject({ read: { a: 2, b: 1 }, delivered: { a: 3, b: 3 } });
    expect(line.state.flags).toEqual(flagsFound[version]);
    expect(log.message(2)).toMatchObject({ id: "m2", editId: null, editRev: null });
    expect(storage.dump()).toEqual(before);
  },
);

const edited = { ...plainMessage(2), rev: 4, text: "anew", editedAtMs: 5_000, editId: "e1", editRev: 4 };
const writes = [
  { write: "message", run: (log: MessageStore) => log.append(plainMessage(4)) },
  { write: "state", run: (log: MessageStore) => log.writeState({ ...log.readState(), flags }) },
  { write: "restored message", run: (log: MessageStore) => log.put(plainMessage(4)) },
  { write: "edit", run: (log: MessageStore) => log.change(edited) },
];

test.each(versions.flatMap((version) => writes.map((each) => ({ ...each, version }))))(
  "[LS8][ED1] the first $write gives tables of version $version their new columns, and keeps what they hold",
  ({ run, version }) => {
    const storage = objectOf(version);
    const log = new MessageStore(storage);
    log.transaction(() => run(log));
    expect(columnsOf(storage, "state")).toEqual(expect.arrayContaining(["flags", "sure_rev"]));
    expect(columnsOf(storage, "messages")).toContain("edit_rev");
    expect(log.range(1, 3).map(({ id }) => id)).toEqual(["m1", "m2", "m3"]);
    expect(log.readState()).toMatchObject({ read: { a: 2, b: 1 }, delivered: { a: 3, b: 3 } });
    log.transaction(() => {
      log.writeState({ ...log.readState(), flags });
      log.change(edited);
    });
    expect(new MessageStore(storage).readState().flags).toEqual(flags);
    expect(new MessageStore(storage).message(2)).toEqual(edited);
  },
);

test("[LS8] a first write that is undone leaves tables of version 1, and the next one still works", () => {
  const storage = objectOf(1);
  const log = new MessageStore(storage);
  const failing = () =>
    log.transaction(() => {
      log.writeState({ ...log.readState(), flags });
      throw new Error("something behind it failed");
    });
  expect(failing).toThrow("something behind it failed");
  expect(columnsOf(storage, "state")).not.toContain("flags");
  expect(log.readState().flags.state).toBe(0);
  log.transaction(() => log.writeState({ ...log.readState(), flags }));
  expect(log.readState().flags).toEqual(flags);
});
