import { expect, test } from "vitest";
import { noFlags } from "../../src/model/flags.ts";
import { writeChanges } from "../../src/archive/write.ts";
import { plainMessage } from "./filled-log.ts";
import { SqliteD1 } from "./sqlite-d1.ts";

/** Writes message `seq` with these read cursors, each side's count half of it. */
function writeUpTo(d1: SqliteD1, seq: number, read: { a: number; b: number }): Promise<number> {
  return writeChanges(d1.binding, "key", {
    base: seq - 1,
    messages: [plainMessage(seq)],
    nowMs: seq,
    summary: {
      users: { a: "alice", b: "bob" },
      rev: seq,
      head: seq,
      last: undefined,
      countA: Math.ceil(seq / 2),
      read,
      readCounts: { a: Math.floor(read.a / 2), b: Math.ceil(read.b / 2) },
      flags: noFlags,
    },
  });
}

test("[MK1][AR2] a later write with a lower read cursor moves neither the archive's cursor nor its count back", async () => {
  const d1 = new SqliteD1();
  for (let seq = 1; seq <= 7; seq += 1) {
    expect(await writeUpTo(d1, seq, { a: seq, b: seq })).toBe(seq);
  }
  expect(await writeUpTo(d1, 8, { a: 3, b: 2 })).toBe(8);
  const columns = "rev, read_a, read_b, read_count_a, read_count_b";
  expect(d1.rows(`SELECT ${columns} FROM conversations`)).toEqual([
    { rev: 8, read_a: 7, read_b: 7, read_count_a: 3, read_count_b: 4 },
  ]);
});
