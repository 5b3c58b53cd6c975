import { previewOf } from "../archive/preview.ts";
import type { Summary } from "../protocol/conversation-list.ts";
import { otherSide, type Pair, type Side } from "../protocol/pair.ts";
import type { Line } from "./line.ts";
import type { Log } from "./log.ts";

interface SummaryPorts {
  readonly log: Log;
  readonly line: Line;
  readonly pair: Pair;
}

/** The conversation at a glance, as a side's conversation list shows it. */
export function summaryOf({ log, line, pair }: SummaryPorts, side: Side): Summary {
  const peer = otherSide(side);
  const { read, flags } = line.state;
  const last = log.last();
  return {
    peer: pair[peer],
    ...line.position,
    state: flags.state,
    read: { you: read[side], peer: read[peer] },
    unread: line.unread(side),
    muted: flags.muted[side],
    archived: flags.archived[side],
    ...(last !== undefined && {
      last: { author: pair[last.author], text: previewOf(last.text), createdAt: last.createdAtMs },
    }),
  };
}
