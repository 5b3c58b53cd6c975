import { reconciledFlags, type Flags } from "../model/flags.ts";
import type { ArchiveState } from "../archive/read.ts";
import { countWrittenBy, type StoredMessage } from "../model/message.ts";
import { lastMessageOf, type ConversationSummary } from "../model/summary.ts";
import { writeBudget, type ArchiveWrite } from "../archive/write.ts";
import type { Pair } from "../protocol/pair.ts";
import type { Sequencer } from "./sequencer.ts";
import {
  type Cursors,
  type MessageStore,
  type StoredState,
  changesSince,
  seqAtRev,
} from "./message-store.ts";
import { reconcile, divergentRows, matchesArchive } from "./reconcile.ts";
import type { Report } from "../observability/log-events.ts";
import type { ReplicationAlarm } from "./replication-alarm.ts";
import type { InboxNotifier } from "./inbox-notifier.ts";
/** The archive's functions, bound to one conversation. All throw an ArchiveError. */
export interface ConversationArchive {
  readonly state: () => Promise<ArchiveState | undefined>;
  readonly write: (write: ArchiveWrite) => Promise<number>;
  readonly rowsAbove: (seq: number, limit: number) => Promise<readonly StoredMessage[]>;
}

/** What the replicator reads from the object. */
export interface ReplicationSource {
  readonly rev: number;
  readonly read: Cursors;
  readonly flags: Flags;
  readonly failingSinceMs: number | null;
  changesAfter(rev: number): ArchiveWrite;
  /** Whether the archive was written from this record, which cannot have written more than up to `verifiedRev`. Throws an ArchiveError. */
  matches(archive: ArchiveState, verifiedRev: number): Promise<boolean>;
  reconcileWith(archive: ArchiveState): Promise<void>;
  /** Takes read cursors and flags that are newer in the archive; nothing is written where they are not. */
  mergeMarks(known: ArchiveState): void;
  saveFailingSince(failingSinceMs: number | null): void;
  /** Up to where its history is the archive's, as far as an earlier life knew that could not compare them; null where that is all. */
  readonly verifiedRev: number | null;
  saveVerifiedRev(verifiedRev: number | null): void;
}

/** How far the archive has the record: all changes up to `rev`, the read cursors, the flags that `state` counts. */
export interface ReplicationCursor {
  readonly rev: number;
  readonly read: Cursors;
  readonly state: number;
}

/** What the replicator needs. */
export interface ReplicatorPorts {
  readonly archive: ConversationArchive;
  readonly source: ReplicationSource;
  readonly alarm: ReplicationAlarm;
  readonly notifier: Pick<
    InboxNotifier,
    "notified" | "requireNotify" | "isRequired" | "isRequiredFor" | "release"
  >;
  readonly now: () => number;
  readonly report: Report;
  readonly pause: (ms: number) => Promise<void>;
  /** Ends the object where its own storage failed under it; it starts again from what is durable. */
  readonly abort: (reason: string) => void;
}

interface ReplicationSourcePorts {
  readonly store: MessageStore;
  readonly sequencer: Sequencer;
  readonly pair: Pair;
  readonly archive: ConversationArchive;
  readonly now: () => number;
  /** The history was replaced under the sockets: they must begin again. */
  readonly onReplaced: () => void;
  /** Read cursors and flags were taken from the archive: others than `before` hold. */
  readonly onMarksMerged: (before: StoredState) => void;
}

/** The object, as the replicator reads it. */
export function replicationSource(ports: ReplicationSourcePorts): ReplicationSource {
  const { store, sequencer, archive } = ports;
  /** What the first comparison begins from. */
  let comparedFlags: Flags | undefined = sequencer.state.flags;
  return {
    get rev() {
      return sequencer.position.rev;
    },
    get read() {
      return sequencer.state.read;
    },
    get flags() {
      return sequencer.state.flags;
    },
    get failingSinceMs() {
      return sequencer.state.failingSinceMs;
    },
    get verifiedRev() {
      return sequencer.state.verifiedRev;
    },
    changesAfter: (rev) => changesAfter(ports, rev),
    matches: (state, verifiedRev) =>
      matchesArchive(store, sequencer.position, state, { verifiedRev, above: archive.rowsAbove }),
    reconcileWith: async (state: ArchiveState) => {
      const sinceRev = sequencer.position.rev;
      const divergent = await divergentRows(store, archive.rowsAbove);
      store.transaction(() =>
        reconcile(store, { position: sequencer.position, archive: state, divergent, sinceRev }),
      );
      sequencer.reload();
      ports.onReplaced();
    },
    mergeMarks: (known) => {
      const { head } = sequencer.position;
      const before = sequencer.state;
      const { read, flags } = before;
      const a = Math.max(read.a, Math.min(known.read.a, head));
      const b = Math.max(read.b, Math.min(known.read.b, head));
      // The archive of a later comparison was written by this record itself.
      const holding = reconciledFlags(comparedFlags ?? flags, flags, known.flags);
      comparedFlags = undefined;
      if (a > read.a || b > read.b || holding !== flags) {
        sequencer.saveState({ read: { a, b }, flags: holding });
        ports.onMarksMerged(before);
      }
    },
    saveFailingSince: (failingSinceMs) => sequencer.saveState({ failingSinceMs }),
    saveVerifiedRev: (verifiedRev) => sequencer.saveState({ verifiedRev }),
  };
}

/** The next write: as many changes after `rev` as fit, with the summary true at the last of them. */
function changesAfter({ store, sequencer, pair, now }: ReplicationSourcePorts, rev: number): ArchiveWrite {
  const { position, state } = sequencer;
  const { messages, upTo: reached } = changesSince(store, position, rev, writeBudget);
  const upTo = Math.min(reached, position.rev);
  const head = seqAtRev(store, position, upTo);
  const last = messages.at(-1)?.seq === head ? messages.at(-1) : store.message(head);
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
      ...readUpTo({ seq: head, countA }, state.read, sequencer.readCounts),
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
