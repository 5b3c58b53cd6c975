import type { ArchiveState } from "../archive/read.ts";
import { messageValues, type StoredMessage } from "../model/message.ts";
import { type MessageStore, seqAtRev, type Position } from "./message-store.ts";
/** Rows of the archive that are compared at a time. */
const pageRows = 500;

/** How far the numbers jump over an unknown past: more revisions than any device can have seen beyond the archive. */
const recoveryRevGap = 1_000_000;

/**
 * Whether this record can be the one that the archive was written from. Not so after it was restored to an older state.
 * `verifiedRev`: the revision up to which it may have written; what was changed since then says nothing.
 */
export async function matchesArchive(
  store: MessageStore,
  position: Position,
  archive: ArchiveState,
  { verifiedRev, above }: { readonly verifiedRev: number; readonly above: ReadAbove },
): Promise<boolean> {
  const head = store.message(archive.head);
  const isOtherHead = archive.headMessage !== undefined && head?.id !== archive.headMessage.id;
  if (archive.rev > verifiedRev || isOtherHead || archive.head !== seqAtRev(store, position, archive.rev)) {
    return false;
  }
  // Whatever took the archive's revision here must have taken it there; a later change of the same message leaves no trace.
  const own = messageOfRev(store, position, archive.rev);
  if (own === undefined) {
    return true;
  }
  const [row] = own.seq === archive.head ? [archive.headMessage] : await above(own.seq - 1, 1);
  return row !== undefined && isEqual(own, row);
}

type ReadAbove = (seq: number, limit: number) => Promise<readonly StoredMessage[]>;

/** The message that is in the form which revision `rev` gave it; undefined where a later one changed it. */
function messageOfRev(store: MessageStore, position: Position, rev: number): StoredMessage | undefined {
  const newest = store.message(seqAtRev(store, position, rev));
  if (newest?.rev === rev) {
    return newest;
  }
  const [changed] = store.changedSince(rev - 1, { rows: 1, characters: 0 }).messages;
  return changed?.rev === rev ? changed : undefined;
}

/** The archive's messages that the record lacks, has another one in the place of, or has in another form. */
export async function divergentRows(store: MessageStore, above: ReadAbove): Promise<StoredMessage[]> {
  const divergent: StoredMessage[] = [];
  let seq = 0;
  for (;;) {
    const rows = await above(seq, pageRows);
    for (const row of rows) {
      const own = store.message(row.seq);
      if (own === undefined || !isEqual(own, row)) {
        divergent.push(row);
      }
    }
    if (rows.length < pageRows) {
      return divergent;
    }
    seq = rows.at(-1)?.seq ?? seq;
  }
}

/**
 * Whether the archive's form of a message holds against the record's own, which differs. What was deleted stays so, and
 * the later edit wins; both may have been made after the restore, under numbers that mean nothing.
 */
function winsOver(archived: StoredMessage, own: StoredMessage): boolean {
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
  readonly divergent: readonly StoredMessage[];
  /** The record's `rev` before the archive was read: what was changed since may not be among them. */
  readonly sinceRev: number;
}

/**
 * Heals a record that was restored to an older state: the archive's messages take their places again, changes that only
 * the record has get new revisions, and messages that only it has follow behind under new numbers, since acknowledged
 * means durable. Cursors of before get `reset`. Runs inside the caller's transaction.
 */
export function reconcile(store: MessageStore, { position, archive, divergent, sinceRev }: Divergence): void {
  const missing = divergent.filter((row) => {
    const own = store.message(row.seq);
    return own === undefined || !isSame(own, row) || winsOver(row, own);
  });
  const ahead = aheadOf(store, { divergent, sinceRev, missing, head: archive.head });
  const displaced = displacedBy(store, position, archive, missing);
  for (const own of displaced) {
    store.remove(own.seq);
  }
  for (const row of missing) {
    store.put(row);
  }
  const minValidRev = Math.max(position.rev, archive.rev) + recoveryRevGap;
  let rev = minValidRev;
  for (const own of ahead) {
    rev += 1;
    store.change({ ...own, rev, editRev: own.editRev === null ? null : rev });
  }
  reappend(store, displaced, missing, rev);
  store.writeState({ ...store.readState(), minValidRev });
}

/** Messages of both that the record has in a form which the archive does not know, by revision. */
function aheadOf(
  store: MessageStore,
  {
    divergent,
    sinceRev,
    missing,
    head,
  }: Pick<Divergence, "divergent" | "sinceRev"> & {
    readonly missing: readonly StoredMessage[];
    readonly head: number;
  },
): StoredMessage[] {
  const overwritten = new Set(missing.map(({ seq }) => seq));
  const since = store.changedSince(sinceRev, { rows: Infinity, characters: Infinity }).messages;
  const seqs = new Set([...divergent, ...since].map(({ seq }) => seq));
  const own = store.messagesOf([...seqs].filter((seq) => seq <= head && !overwritten.has(seq)));
  return own.toSorted((one, other) => one.rev - other.rev);
}

/** The record's messages that stand where the archive has others or none, oldest first. */
function displacedBy(
  store: MessageStore,
  position: Position,
  archive: ArchiveState,
  missing: readonly StoredMessage[],
): StoredMessage[] {
  const within = missing.flatMap((row) => {
    const own = row.seq > archive.head ? undefined : store.message(row.seq);
    return own === undefined || isSame(own, row) ? [] : [own];
  });
  return [...within, ...store.range(archive.head + 1, position.head)].toSorted(
    (one, other) => one.seq - other.seq,
  );
}

function reappend(
  store: MessageStore,
  displaced: readonly StoredMessage[],
  archived: readonly StoredMessage[],
  aboveRev: number,
): void {
  const priorAttempts = new Map(archived.map((row) => [dedupKey(row), row]));
  /** Where a message is now that was displaced: replies follow it. */
  const movedTo = new Map<number, number>();
  let rev = aboveRev;
  for (const row of displaced) {
    const priorAttempt = priorAttempts.get(dedupKey(row));
    if (priorAttempt !== undefined) {
      movedTo.set(row.seq, priorAttempt.seq);
      rev = mergeIntoPriorAttempt(store, priorAttempt, row, rev);
      continue;
    }
    rev += 1;
    const replyTo = row.replyTo === null ? null : (movedTo.get(row.replyTo) ?? row.replyTo);
    const moved = behind(store.last(), { ...row, replyTo }, rev);
    movedTo.set(row.seq, moved.seq);
    store.append(moved);
  }
}

/** A message that was sent again to the restored record: what was done to it there is done to the archive's one. */
function mergeIntoPriorAttempt(
  store: MessageStore,
  priorAttempt: StoredMessage,
  own: StoredMessage,
  rev: number,
): number {
  const isChanged = own.rev > own.createdRev;
  if (winsOver(priorAttempt, { ...own, rev: isChanged ? Number.POSITIVE_INFINITY : 0 })) {
    return rev;
  }
  const { text, data, reactions, editedAtMs, deletedAtMs, editId } = own;
  const replyTo = deletedAtMs === null ? priorAttempt.replyTo : null;
  const editRev = own.editRev === null ? null : rev + 1;
  const content = { text, data, reactions, replyTo, editedAtMs, deletedAtMs, editId, editRev };
  store.change({ ...priorAttempt, ...content, rev: rev + 1 });
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

function dedupKey(row: StoredMessage): string {
  return row.author + row.id;
}
