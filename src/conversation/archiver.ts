import { ArchiveError } from "../archive/database.ts";
import type { Flags } from "../archive/flags.ts";
import type { ArchiveState } from "../archive/read.ts";
import type { ArchiveWrite } from "../archive/write.ts";
import type { StoredMessage } from "../archive/stored-message.ts";
import type { Cursors } from "./log.ts";

/** The archive's functions, bound to one conversation. All throw an ArchiveError. */
export interface ConversationArchive {
  state(): Promise<ArchiveState | undefined>;
  write(write: ArchiveWrite): Promise<number>;
  above(seq: number, limit: number): Promise<readonly StoredMessage[]>;
}

/** What the archiver asks of the record. */
export interface ArchivedRecord {
  readonly rev: number;
  readonly read: Cursors;
  readonly flags: Flags;
  readonly failingSinceMs: number | null;
  changesAfter(rev: number): ArchiveWrite;
  matches(archive: ArchiveState): boolean;
  adoptFrom(archive: ArchiveState): Promise<void>;
  /** Takes read cursors and flags that are newer in the archive; nothing is written where they are not. */
  takeMarks(known: ArchiveState): void;
  keepFailingSince(failingSinceMs: number | null): void;
}

interface ArchiverPorts {
  readonly archive: ConversationArchive;
  readonly record: ArchivedRecord;
  readonly now: () => number;
  readonly random: () => number;
  readonly setAlarm: (atMs: number) => void;
  readonly clearAlarm: () => void;
  readonly report: (event: string, fields: Readonly<Record<string, string | number>>) => void;
  /** Ends the object where its own storage failed under it; it starts again from what is durable. */
  readonly abort: (reason: string) => void;
}

const firstDelayMs = 1_000;
const longestDelayMs = 300_000;

/** Keeps D1 at the record's heels: one flush in flight, whatever came meanwhile in the next, failed ones repeated for ever. */
export class Archiver {
  readonly #ports: ArchiverPorts;
  #archivedRev: number | undefined;
  #archivedRead: Cursors = { a: 0, b: 0 };
  #archivedState = 0;
  #comparing: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  #alarmIsSet = false;

  constructor(ports: ArchiverPorts) {
    this.#ports = ports;
  }

  /** Something happened: compares once after a start, then sends what the archive lacks. Does nothing while an alarm waits. */
  wake(): void {
    if (!this.#alarmIsSet && this.#isBehind()) {
      this.#flush().catch(() => this.#ports.abort("archive_back_off_failed"));
    }
  }

  /** The alarm of a failed flush rang. */
  async retry(): Promise<void> {
    this.#alarmIsSet = false;
    await this.#flush();
  }

  /** Returns when everything up to `rev`, all read cursors and flags are archived, or an alarm is set that will see to it. */
  async settled(rev: number): Promise<void> {
    // The archive lacks nothing of an empty record, whose failed comparison sets no alarm to end the wait.
    while (this.#lacks(Math.min(rev, this.#ports.record.rev)) && !this.#alarmIsSet) {
      await this.#flush();
    }
  }

  /** Returns when the record was compared with the archive. Throws an ArchiveError. */
  async compared(): Promise<void> {
    if (this.#archivedRev === undefined) {
      this.#comparing ??= this.#compare().finally(() => {
        this.#comparing = undefined;
      });
      await this.#comparing;
    }
  }

  #isBehind(): boolean {
    return this.#archivedRev === undefined || this.#lacks(this.#ports.record.rev);
  }

  #lacks(rev: number): boolean {
    const { read, flags } = this.#ports.record;
    return (
      (this.#archivedRev ?? 0) < rev ||
      this.#archivedRead.a < read.a ||
      this.#archivedRead.b < read.b ||
      this.#archivedState < flags.state
    );
  }

  #flush(): Promise<void> {
    this.#flushing ??= this.#run().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #run(): Promise<void> {
    try {
      while (this.#isBehind()) {
        await this.compared();
        await this.#writeNext();
      }
      this.#landed();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #writeNext(): Promise<void> {
    if (!this.#isBehind()) {
      return;
    }
    const write = this.#ports.record.changesAfter(this.#archivedRev ?? 0);
    const rev = await this.#ports.archive.write(write);
    // Above: someone else's history. Below: the archive was set back. Either way the comparison tells what to do.
    const asWritten = rev === write.summary.rev;
    this.#archivedRev = asWritten ? rev : undefined;
    this.#archivedRead = write.summary.read;
    this.#archivedState = write.summary.flags.state;
  }

  async #compare(): Promise<void> {
    const { archive, record } = this.#ports;
    const state = await archive.state();
    if (state !== undefined && !record.matches(state)) {
      this.#ports.report("record_behind_archive", { recordRev: record.rev, archiveRev: state.rev });
      await record.adoptFrom(state);
    }
    if (state !== undefined) {
      record.takeMarks(state);
    }
    this.#archivedRev = state?.rev ?? 0;
    this.#archivedRead = state?.read ?? { a: 0, b: 0 };
    this.#archivedState = state?.flags.state ?? 0;
  }

  #landed(): void {
    if (this.#ports.record.failingSinceMs !== null) {
      this.#ports.record.keepFailingSince(null);
      this.#ports.clearAlarm();
    }
  }

  // Doubles by waiting as long as it has been failing already; spread, so that a thousand conversations do not knock at once.
  #failed(error: unknown): void {
    const { record, now, random, setAlarm, report } = this.#ports;
    report("archive_flush_failed", { fault: error instanceof ArchiveError ? error.fault : "internal" });
    if (record.rev === 0 && record.flags.state === 0) {
      return;
    }
    const nowMs = now();
    if (record.failingSinceMs === null) {
      record.keepFailingSince(nowMs);
    }
    const failingMs = nowMs - (record.failingSinceMs ?? nowMs);
    const delayMs = Math.min(Math.max(failingMs, firstDelayMs), longestDelayMs);
    this.#alarmIsSet = true;
    setAlarm(nowMs + Math.round(delayMs * (0.75 + random() / 2)));
  }
}
