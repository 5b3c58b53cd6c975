import type { ArchiveState } from "../archive/read.ts";
import type { StoredMessage } from "../archive/stored-message.ts";
import type { Position } from "./changes.ts";
import type { Log } from "./log.ts";

/** Rows of the archive that are compared at a time. */
const pageRows = 500;

/** How far the numbers jump over an unknown past: more revisions than any device can have seen beyond the archive. */
const recoveryRevGap = 1_000_000;

/** Whether this record can be the one that the archive was written from. Not so after it was restored to an older state. */
export function matchesArchive(log: Log, position: Position, archive: ArchiveState): boolean {
  if (archive.rev > position.rev) {
    return false;
  }
  return archive.headId === undefined || log.message(archive.head)?.id === archive.headId;
}

/** The archive's messages that the record lacks, has another one in the place of, or has in an older form. */
export async function missingFrom(
  log: Log,
  above: (seq: number, limit: number) => Promise<readonly StoredMessage[]>,
): Promise<StoredMessage[]> {
  const missing: StoredMessage[] = [];
  let seq = 0;
  for (;;) {
    const rows = await above(seq, pageRows);
    for (const row of rows) {
      const own = log.message(row.seq);
      if (own === undefined || !isSame(own, row) || own.rev < row.rev) {
        missing.push(row);
      }
    }
    if (rows.length < pageRows) {
      return missing;
    }
    seq = rows.at(-1)?.seq ?? seq;
  }
}

/**
 * Heals a record that was restored to an older state: the archive's messages take their places again, and what only
 * the record has follows behind them under new numbers, since acknowledged means durable. Cursors of before get
 * `reset`. Runs inside the caller's transaction.
 */
export function adopt(
  log: Log,
  position: Position,
  archive: ArchiveState,
  missing: readonly StoredMessage[],
): void {
  const displaced = new Map<number, StoredMessage>();
  for (const row of missing) {
    const own = log.message(row.seq);
    if (own !== undefined && !isSame(own, row)) {
      displaced.set(own.seq, own);
    }
  }
  for (const own of log.range(archive.head + 1, position.head)) {
    displaced.set(own.seq, own);
    log.remove(own.seq);
  }
  for (const row of missing) {
    log.put(row);
  }
  const archived = new Set(missing.map(nameOf));
  const floorRev = Math.max(position.rev, archive.rev) + recoveryRevGap;
  const onlyHere = [...displaced.values()].filter((own) => !archived.has(nameOf(own)));
  appendAgain(
    log,
    onlyHere.toSorted((one, other) => one.seq - other.seq),
    floorRev,
  );
  log.writeState({ ...log.readState(), floorRev });
}

function appendAgain(log: Log, rows: readonly StoredMessage[], floorRev: number): void {
  let rev = floorRev;
  for (const row of rows) {
    const last = log.last();
    rev += 1;
    log.append({
      ...row,
      seq: (last?.seq ?? 0) + 1,
      rev,
      createdRev: rev,
      createdAtMs: Math.max(row.createdAtMs, last?.createdAtMs ?? 0),
      countA: (last?.countA ?? 0) + (row.author === "a" ? 1 : 0),
    });
  }
}

function isSame(one: StoredMessage, other: StoredMessage): boolean {
  return one.id === other.id && one.author === other.author;
}

function nameOf(row: StoredMessage): string {
  return row.author + row.id;
}
