import type { ArchiveState } from "../archive/read.ts";
import { messageValues, type StoredMessage } from "../model/message.ts";
import { seqAtRev, type Position } from "./changes.ts";
import type { Log } from "./log.ts";

/** Rows of the archive that are compared at a time. */
const pageRows = 500;

/** How far the numbers jump over an unknown past: more revisions than any device can have seen beyond the archive. */
const recoveryRevGap = 1_000_000;

/**
 * Whether this record can be the one that the archive was written from. Not so after it was restored to an older state.
 * `sureRev`: the revision up to which it may have written; what was changed since then says nothing.
 */
export async function matchesArchive(
  log: Log,
  position: Position,
  archive: ArchiveState,
  { sureRev, above }: { readonly sureRev: number; readonly above: ReadAbove },
): Promise<boolean> {
  const head = log.message(archive.head);
  const isOtherHead = archive.headMessage !== undefined && head?.id !== archive.headMessage.id;
  if (archive.rev > sureRev || isOtherHead || archive.head !== seqAtRev(log, position, archive.rev)) {
    return false;
  }
  // Whatever took the archive's revision here must have taken it there; a later change of the same message leaves no trace.
  const own = messageOfRev(log, position, archive.rev);
  if (own === undefined) {
    return true;
  }
  const [row] = own.seq === archive.head ? [archive.headMessage] : await above(own.seq - 1, 1);
  return row !== undefined && isEqual(own, row);
}

type ReadAbove = (seq: number, limit: number) => Promise<readonly StoredMessage[]>;

/** The message that is in the form which revision `rev` gave it; undefined where a later one changed it. */
function messageOfRev(log: Log, position: Position, rev: number): StoredMessage | undefined {
  const newest = log.message(seqAtRev(log, position, rev));
  if (newest?.rev === rev) {
    return newest;
  }
  const [changed] = log.changedSince(rev - 1, { rows: 1, characters: 0 }).messages;
  return changed?.rev === rev ? changed : undefined;
}

/** The archive's messages that the record lacks, has another one in the place of, or has in another form. */
export async function differingFrom(log: Log, above: ReadAbove): Promise<StoredMessage[]> {
  const differing: StoredMessage[] = [];
  let seq = 0;
  for (;;) {
    const rows = await above(seq, pageRows);
    for (const row of rows) {
      const own = log.message(row.seq);
      if (own === undefined || !isEqual(own, row)) {
        differing.push(row);
      }
    }
    if (rows.length < pageRows) {
      return differing;
    }
    seq = rows.at(-1)?.seq ?? seq;
  }
}

/**
 * Whether the archive's form of a message holds against the record's own, which differs. What was deleted stays so, and
 * the later edit wins; both may have been made after the restore, under numbers that mean nothing.
 */
function holds(archived: StoredMessage, own: StoredMessage): boolean {
  if ((archived.deletedAtMs === null) !== (own.deletedAtMs === null)) {
    return archived.deletedAtMs !== null;
  }
  const [archivedAtMs, ownAtMs] = [archived.editedAtMs ?? 0, own.editedAtMs ?? 0];
  return archivedAtMs === ownAtMs ? archived.rev > own.rev : archivedAtMs > ownAtMs;
}

/** What healing needs to know of both. */
interface Divergence {
  readonly position: Position;
  readonly archive: ArchiveState;
  readonly differing: readonly StoredMessage[];
  /** The record's `rev` before the archive was read: what was changed since may not be among them. */
  readonly sinceRev: number;
}

/**
 * Heals a record that was restored to an older state: the archive's messages take their places again, changes that only
 * the record has get new revisions, and messages that only it has follow behind under new numbers, since acknowledged
 * means durable. Cursors of before get `reset`. Runs inside the caller's transaction.
 */
export function adopt(log: Log, { position, archive, differing, sinceRev }: Divergence): void {
  const missing = differing.filter((row) => {
    const own = log.message(row.seq);
    return own === undefined || !isSame(own, row) || holds(row, own);
  });
  const ahead = aheadOf(log, { differing, sinceRev, missing, head: archive.head });
  const displaced = displacedBy(log, position, archive, missing);
  for (const own of displaced) {
    log.remove(own.seq);
  }
  for (const row of missing) {
    log.put(row);
  }
  const floorRev = Math.max(position.rev, archive.rev) + recoveryRevGap;
  let rev = floorRev;
  for (const own of ahead) {
    rev += 1;
    log.change({ ...own, rev, editRev: own.editRev === null ? null : rev });
  }
  appendAgain(log, displaced, missing, rev);
  log.writeState({ ...log.readState(), floorRev });
}

/** Messages of both that the record has in a form which the archive does not know, by revision. */
function aheadOf(
  log: Log,
  {
    differing,
    sinceRev,
    missing,
    head,
  }: Pick<Divergence, "differing" | "sinceRev"> & {
    readonly missing: readonly StoredMessage[];
    readonly head: number;
  },
): StoredMessage[] {
  const overwritten = new Set(missing.map(({ seq }) => seq));
  const since = log.changedSince(sinceRev, { rows: Infinity, characters: Infinity }).messages;
  const seqs = new Set([...differing, ...since].map(({ seq }) => seq));
  const own = log.messagesOf([...seqs].filter((seq) => seq <= head && !overwritten.has(seq)));
  return own.toSorted((one, other) => one.rev - other.rev);
}

/** The record's messages that stand where the archive has others or none, oldest first. */
function displacedBy(
  log: Log,
  position: Position,
  archive: ArchiveState,
  missing: readonly StoredMessage[],
): StoredMessage[] {
  const within = missing.flatMap((row) => {
    const own = row.seq > archive.head ? undefined : log.message(row.seq);
    return own === undefined || isSame(own, row) ? [] : [own];
  });
  return [...within, ...log.range(archive.head + 1, position.head)].toSorted(
    (one, other) => one.seq - other.seq,
  );
}

function appendAgain(
  log: Log,
  displaced: readonly StoredMessage[],
  archived: readonly StoredMessage[],
  aboveRev: number,
): void {
  const twins = new Map(archived.map((row) => [nameOf(row), row]));
  /** Where a message is now that was displaced: replies follow it. */
  const movedTo = new Map<number, number>();
  let rev = aboveRev;
  for (const row of displaced) {
    const twin = twins.get(nameOf(row));
    if (twin !== undefined) {
      movedTo.set(row.seq, twin.seq);
      rev = changeTwin(log, twin, row, rev);
      continue;
    }
    rev += 1;
    const replyTo = row.replyTo === null ? null : (movedTo.get(row.replyTo) ?? row.replyTo);
    const moved = behind(log.last(), { ...row, replyTo }, rev);
    movedTo.set(row.seq, moved.seq);
    log.append(moved);
  }
}

/** A message that was sent again to the restored record: what was done to it there is done to the archive's one. */
function changeTwin(log: Log, twin: StoredMessage, own: StoredMessage, rev: number): number {
  const isChanged = own.rev > own.createdRev;
  if (holds(twin, { ...own, rev: isChanged ? Number.POSITIVE_INFINITY : 0 })) {
    return rev;
  }
  const { text, data, reactions, editedAtMs, deletedAtMs, editId } = own;
  const replyTo = deletedAtMs === null ? twin.replyTo : null;
  const editRev = own.editRev === null ? null : rev + 1;
  const content = { text, data, reactions, replyTo, editedAtMs, deletedAtMs, editId, editRev };
  log.change({ ...twin, ...content, rev: rev + 1 });
  return rev + 1;
}

/** A message under the numbers that follow the last one's. */
function behind(last: StoredMessage | undefined, row: StoredMessage, rev: number): StoredMessage {
  return {
    ...row,
    seq: (last?.seq ?? 0) + 1,
    rev,
    createdRev: rev,
    createdAtMs: Math.max(row.createdAtMs, last?.createdAtMs ?? 0),
    countA: (last?.countA ?? 0) + (row.author === "a" ? 1 : 0),
    editRev: row.editRev === null ? null : rev,
  };
}

function isEqual(one: StoredMessage, other: StoredMessage): boolean {
  return JSON.stringify(messageValues(one)) === JSON.stringify(messageValues(other));
}

function isSame(one: StoredMessage, other: StoredMessage): boolean {
  return one.id === other.id && one.author === other.author;
}

function nameOf(row: StoredMessage): string {
  return row.author + row.id;
}
