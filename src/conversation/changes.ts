import type { StoredMessage } from "../archive/stored-message.ts";
import type { Log } from "./log.ts";

/** Where a conversation stands: its newest message and its newest revision. */
export interface Position {
  readonly head: number;
  readonly rev: number;
}

/**
 * The newest `seq` that existed at revision `rev`. Each message after `rev` took a revision of its own, so at most
 * `position.rev - rev` lie above the answer: plain messages cost one read, anything else a binary search.
 */
export function seqAtRev(log: Log, position: Position, rev: number): number {
  let low = Math.max(0, position.head - Math.max(0, position.rev - rev));
  let high = position.head;
  let probe = low + 1;
  while (low < high) {
    const createdRev = log.createdRev(probe);
    if (createdRev !== undefined && createdRev <= rev) {
      low = probe;
    } else {
      high = probe - 1;
    }
    probe = Math.ceil((low + high) / 2);
  }
  return low;
}

/** The messages that are new or changed since `rev`, by `rev`, each once in its newest form; `limit` of them at most. */
export function changesSince(log: Log, position: Position, rev: number, limit: number): StoredMessage[] {
  if (rev >= position.rev) {
    return [];
  }
  const created = log.unchangedAbove(seqAtRev(log, position, rev), limit);
  const changed = log.changedSince(rev, limit);
  return changed.length === 0 ? created : mergeByRev(created, changed).slice(0, limit);
}

function mergeByRev(one: readonly StoredMessage[], other: readonly StoredMessage[]): StoredMessage[] {
  return [...one, ...other].toSorted((left, right) => left.rev - right.rev);
}
