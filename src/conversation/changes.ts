import type { StoredMessage } from "../model/message.ts";
import { charactersOf, type Log, type PartialRead, type ReadBudget } from "./log.ts";

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

/**
 * The messages that are new or changed since `rev`, by `rev`, each once in its newest form, as far as the budget reaches.
 * Those that were created and changed after `rev` come with their change.
 */
export function changesSince(log: Log, position: Position, rev: number, budget: ReadBudget): PartialRead {
  if (rev >= position.rev) {
    return { messages: [], upTo: Number.POSITIVE_INFINITY };
  }
  const changed = log.changedSince(rev, budget);
  const created = log.unchangedAbove(seqAtRev(log, position, rev), budget);
  return changed.messages.length === 0 ? created : merged(created, changed, budget);
}

// Beyond where one source was cut, the other has rows that would leave a hole.
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
