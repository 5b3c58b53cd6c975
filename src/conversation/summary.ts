import { lastFrom, summaryAsSeen } from "../archive/summary.ts";
import type { Summary } from "../protocol/conversation-list.ts";
import type { Pair, Side } from "../protocol/pair.ts";
import type { Line } from "./line.ts";
import type { Log } from "./log.ts";

interface SummaryPorts {
  readonly log: Log;
  readonly line: Line;
  readonly pair: Pair;
}

/** The conversation at a glance, as a side's conversation list shows it. */
export function summaryOf({ log, line, pair }: SummaryPorts, side: Side): Summary {
  const { read, flags } = line.state;
  const last = log.last();
  const counts = { countA: last?.countA ?? 0, readCounts: line.readCounts };
  return summaryAsSeen(
    { users: pair, ...line.position, last: last && lastFrom(last), ...counts, read, flags },
    side,
  );
}
