import { lastMessageOf, summaryForSide, type ConversationSummary } from "../model/summary.ts";
import type { Summary } from "../protocol/conversation-list.ts";
import type { Pair, Side } from "../protocol/pair.ts";
import type { Line } from "./line.ts";

interface SummaryPorts {
  readonly line: Line;
  readonly pair: Pair;
}

/** The conversation at a glance, with both sides, as the record has it now. */
export function recordSummary({ line, pair }: SummaryPorts): ConversationSummary {
  const { last, countA } = line;
  const { read, flags } = line.state;
  return {
    users: pair,
    rev: line.position.rev,
    head: line.position.head,
    last: last && lastMessageOf(last),
    countA,
    read,
    readCounts: line.readCounts,
    flags,
  };
}

/** The conversation at a glance, as a side's conversation list shows it. */
export function summaryOf(ports: SummaryPorts, side: Side): Summary {
  return summaryForSide(recordSummary(ports), side);
}
