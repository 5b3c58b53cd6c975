import { expect, test } from "vitest";
import { Log } from "../../src/conversation/log.ts";
import { Line } from "../../src/conversation/line.ts";
import { plainMessage } from "./filled-log.ts";
import { SqliteStorage } from "./sqlite-storage.ts";

/** What an object of the first release holds: its tables, three messages, its state row. */
function objectOfVersion1(): SqliteStorage {
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

const flags = { state: 1, muted: { a: true, b: false }, archived: { a: false, b: false } };
const columnsOf = (storage: SqliteStorage) =>
  Array.from(storage.sql.exec("SELECT name FROM pragma_table_info('state')"), (row) => row["name"]);

test("[LS8][CO2] tables of version 1 are read as they are, and reading changes nothing", () => {
  const storage = objectOfVersion1();
  const before = storage.dump();
  const line = new Line(new Log(storage));
  expect(line.position).toEqual({ head: 3, rev: 3 });
  expect(line.state).toMatchObject({ read: { a: 2, b: 1 }, delivered: { a: 3, b: 3 }, flags: { state: 0 } });
  expect(storage.dump()).toEqual(before);
});

test.each([
  { write: "message", run: (log: Log) => log.append(plainMessage(4)) },
  { write: "state", run: (log: Log) => log.writeState({ ...log.readState(), flags }) },
  { write: "restored message", run: (log: Log) => log.put(plainMessage(4)) },
])(
  "[LS8] the first $write gives tables of version 1 their new column, and keeps what they hold",
  ({ run }) => {
    const storage = objectOfVersion1();
    const log = new Log(storage);
    log.transaction(() => run(log));
    expect(columnsOf(storage)).toContain("flags");
    expect(log.range(1, 3).map(({ id }) => id)).toEqual(["m1", "m2", "m3"]);
    expect(log.readState()).toMatchObject({ read: { a: 2, b: 1 }, delivered: { a: 3, b: 3 } });
    log.transaction(() => log.writeState({ ...log.readState(), flags }));
    expect(new Log(storage).readState().flags).toEqual(flags);
  },
);

test("[LS8] a first write that is undone leaves tables of version 1, and the next one still works", () => {
  const storage = objectOfVersion1();
  const log = new Log(storage);
  const failing = () =>
    log.transaction(() => {
      log.writeState({ ...log.readState(), flags });
      throw new Error("something behind it failed");
    });
  expect(failing).toThrow("something behind it failed");
  expect(columnsOf(storage)).not.toContain("flags");
  expect(log.readState().flags.state).toBe(0);
  log.transaction(() => log.writeState({ ...log.readState(), flags }));
  expect(log.readState().flags).toEqual(flags);
});
