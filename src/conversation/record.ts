import { reconciledFlags, type Flags } from "../model/flags.ts";
import type { ArchiveState } from "../archive/read.ts";
import { countWrittenBy } from "../model/message.ts";
import { lastMessageOf, type ConversationSummary } from "../model/summary.ts";
import { writeBudget, type ArchiveWrite } from "../archive/write.ts";
import type { Pair } from "../protocol/pair.ts";
import type { ArchivedRecord, ConversationArchive } from "./archiver-ports.ts";
import { changesSince, seqAtRev } from "./changes.ts";
import type { Line } from "./line.ts";
import type { Cursors, Log, LogState } from "./log.ts";
import { adopt, differingFrom, matchesArchive } from "./recovery.ts";

interface RecordPorts {
  readonly log: Log;
  readonly line: Line;
  readonly pair: Pair;
  readonly archive: ConversationArchive;
  readonly now: () => number;
  /** The history was replaced under the sockets: they must begin again. */
  readonly replaced: () => void;
  /** Read cursors and flags were taken from the archive: others than `before` hold. */
  readonly marksTaken: (before: LogState) => void;
}

/** The record as the archiver sees it. */
export function recordFor(ports: RecordPorts): ArchivedRecord {
  const { log, line, archive } = ports;
  /** What the first comparison begins from. */
  let comparedFlags: Flags | undefined = line.state.flags;
  return {
    get rev() {
      return line.position.rev;
    },
    get read() {
      return line.state.read;
    },
    get flags() {
      return line.state.flags;
    },
    get failingSinceMs() {
      return line.state.failingSinceMs;
    },
    get sureRev() {
      return line.state.sureRev;
    },
    changesAfter: (rev) => changesAfter(ports, rev),
    matches: (state, sureRev) => matchesArchive(log, line.position, state, { sureRev, above: archive.above }),
    adoptFrom: async (state: ArchiveState) => {
      const sinceRev = line.position.rev;
      const differing = await differingFrom(log, archive.above);
      log.transaction(() => adopt(log, { position: line.position, archive: state, differing, sinceRev }));
      line.reload();
      ports.replaced();
    },
    takeMarks: (known) => {
      const { head } = line.position;
      const before = line.state;
      const { read, flags } = before;
      const a = Math.max(read.a, Math.min(known.read.a, head));
      const b = Math.max(read.b, Math.min(known.read.b, head));
      // The archive of a later comparison was written by this record itself.
      const holding = reconciledFlags(comparedFlags ?? flags, flags, known.flags);
      comparedFlags = undefined;
      if (a > read.a || b > read.b || holding !== flags) {
        line.saveState({ read: { a, b }, flags: holding });
        ports.marksTaken(before);
      }
    },
    keepFailingSince: (failingSinceMs) => line.saveState({ failingSinceMs }),
    keepSureRev: (sureRev) => line.saveState({ sureRev }),
  };
}

/** The next write: as many changes after `rev` as fit, with the summary true at the last of them. */
function changesAfter({ log, line, pair, now }: RecordPorts, rev: number): ArchiveWrite {
  const { position, state } = line;
  const { messages, upTo: reached } = changesSince(log, position, rev, writeBudget);
  const upTo = Math.min(reached, position.rev);
  const head = seqAtRev(log, position, upTo);
  const last = messages.at(-1)?.seq === head ? messages.at(-1) : log.message(head);
  const countA = last?.countA ?? 0;
  return {
    base: rev,
    messages,
    nowMs: now(),
    summary: {
      users: pair,
      rev: upTo,
      head,
      last: last && lastMessageOf(last),
      countA,
      ...readUpTo({ seq: head, countA }, state.read, line.readCounts),
      flags: state.flags,
    },
  };
}

/** Read cursors as a summary of an earlier head may show them: nobody has read above it, and no unread is negative. */
function readUpTo(
  at: { readonly seq: number; readonly countA: number },
  read: Cursors,
  readCounts: Cursors,
): Pick<ConversationSummary, "read" | "readCounts"> {
  return {
    read: { a: Math.min(read.a, at.seq), b: Math.min(read.b, at.seq) },
    readCounts: {
      a: Math.min(readCounts.a, countWrittenBy("b", at)),
      b: Math.min(readCounts.b, countWrittenBy("a", at)),
    },
  };
}
