import type { Flags } from "../model/flags.ts";
import type { ArchiveState } from "../archive/read.ts";
import type { StoredMessage } from "../model/message.ts";
import type { ArchiveWrite } from "../archive/write.ts";
import type { Report } from "../observability/log-events.ts";
import type { BackOff } from "./back-off.ts";
import type { Inboxes } from "./inboxes.ts";
import type { Cursors } from "./log.ts";

/** The archive's functions, bound to one conversation. All throw an ArchiveError. */
export interface ConversationArchive {
  readonly state: () => Promise<ArchiveState | undefined>;
  readonly write: (write: ArchiveWrite) => Promise<number>;
  readonly above: (seq: number, limit: number) => Promise<readonly StoredMessage[]>;
}

/** What the archiver asks of the record. */
export interface ArchivedRecord {
  readonly rev: number;
  readonly read: Cursors;
  readonly flags: Flags;
  readonly failingSinceMs: number | null;
  changesAfter(rev: number): ArchiveWrite;
  /** Whether the archive was written from this record, which cannot have written more than up to `sureRev`. Throws an ArchiveError. */
  matches(archive: ArchiveState, sureRev: number): Promise<boolean>;
  adoptFrom(archive: ArchiveState): Promise<void>;
  /** Takes read cursors and flags that are newer in the archive; nothing is written where they are not. */
  takeMarks(known: ArchiveState): void;
  keepFailingSince(failingSinceMs: number | null): void;
  /** Up to where its history is the archive's, as far as an earlier life knew that could not compare them; null where that is all. */
  readonly sureRev: number | null;
  keepSureRev(sureRev: number | null): void;
}

/** How far the archive has the record: all changes up to `rev`, the read cursors, the flags that `state` counts. */
export interface Landed {
  readonly rev: number;
  readonly read: Cursors;
  readonly state: number;
}

/** All that the archiver asks of its surroundings. */
export interface ArchiverPorts {
  readonly archive: ConversationArchive;
  readonly record: ArchivedRecord;
  readonly backOff: BackOff;
  readonly inboxes: Pick<Inboxes, "told" | "owe" | "owes" | "owesTo" | "resume">;
  readonly now: () => number;
  readonly report: Report;
  readonly pause: (ms: number) => Promise<void>;
  /** Ends the object where its own storage failed under it; it starts again from what is durable. */
  readonly abort: (reason: string) => void;
}
