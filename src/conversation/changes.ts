import type { Log, PartialRead, ReadBudget } from "./log.ts";

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

/** The messages that are new or changed since `rev`, by `rev`, each once in its newest form, as far as the budget reaches. */
export function changesSince(log: Log, position: Position, rev: number, budget: ReadBudget): PartialRead {
  if (rev >= position.rev) {
    return { messages: [], isWhole: true };
  }
  const created = log.unchangedAbove(seqAtRev(log, position, rev), budget);
  const changed = log.changedSince(rev, budget);
  return changed.messages.length === 0 && changed.isWhole ? created : merged(created, changed, budget);
}

// Beyond the last row of a source that was cut, the other one has rows that would leave a hole.
function merged(one: PartialRead, other: PartialRead, budget: ReadBudget): PartialRead {
  const upTo = Math.min(
    ...[one, other].map(({ messages, isWhole }) => (isWhole ? Infinity : (messages.at(-1)?.rev ?? 0))),
  );
  const byRev = [...one.messages, ...other.messages].toSorted((left, right) => left.rev - right.rev);
  const covered = byRev.filter((message) => message.rev <= upTo);
  return {
    messages: covered.slice(0, budget.rows),
    isWhole: upTo === Infinity && covered.length <= budget.rows,
  };
}
