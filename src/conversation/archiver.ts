import { ArchiveError } from "../archive/database.ts";
import type { Flags } from "../archive/flags.ts";
import { nothingArchived, type ArchiveState } from "../archive/read.ts";
import type { ArchiveWrite } from "../archive/write.ts";
import type { StoredMessage } from "../archive/stored-message.ts";
import type { BackOff } from "./back-off.ts";
import type { Report } from "../operations/log-lines.ts";
import type { Side } from "../protocol/pair.ts";
import type { Inboxes } from "./inboxes.ts";
import { within } from "../sockets/within.ts";
import { BurstPause } from "./burst-pause.ts";
import type { Cursors } from "./log.ts";
import { isSeenToMove } from "./seen-to-move.ts";

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

interface ArchiverPorts {
  readonly archive: ConversationArchive;
  readonly record: ArchivedRecord;
  readonly backOff: BackOff;
  readonly inboxes: Pick<Inboxes, "told" | "owe" | "owes" | "owesTo">;
  readonly now: () => number;
  readonly report: Report;
  readonly pause: (ms: number) => Promise<void>;
  /** Ends the object where its own storage failed under it; it starts again from what is durable. */
  readonly abort: (reason: string) => void;
}

/** The archive does not wait longer for an inbox that does not answer. */
const toldWaitMs = 5_000;
/** A write that took longer, the pause before it included, lets a device read the list of before it after the inbox told it of what was written. */
const slowWriteMs = 500;
const reportedWriteMs = 2_000;

/** Keeps D1 at the record's heels: one flush in flight, whatever came meanwhile in the next, failed ones repeated for ever. */
export class Archiver {
  readonly #ports: ArchiverPorts;
  #archivedRev: number | undefined;
  #archivedRead: Cursors = { a: 0, b: 0 };
  #archivedState = 0;
  #comparing: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  readonly #burst: BurstPause;
  /** Ends with the next write that lands. */
  #landing = Promise.withResolvers<void>();
  /** A flush failed: the alarm makes the next one. */
  #isHeld = false;
  /** Up to where the record went when the object started. */
  readonly #startRev: number;
  /** Up to where this record can have been written. */
  #sureRev: number;
  /** Whose lists lacked something that landed while the archive or an inbox failed. */
  readonly #late = new Set<Side>();

  constructor(ports: ArchiverPorts) {
    this.#ports = ports;
    if (ports.record.failingSinceMs !== null) {
      this.#late.add("a").add("b");
    }
    this.#burst = new BurstPause(ports);
    this.#startRev = ports.record.rev;
    this.#sureRev = ports.record.sureRev ?? this.#startRev;
  }

  /** Something happened: compares once after a start, then sends what the archive lacks. Does nothing while an alarm waits. */
  wake(): void {
    if (!this.#isHeld && this.#isBehind()) {
      this.#flush().catch(() => this.#ports.abort("archive_back_off_failed"));
    }
  }

  /** The alarm of what failed rang. */
  async retry(): Promise<void> {
    this.#isHeld = false;
    this.#ports.backOff.rang();
    await this.#flush();
  }

  /** Returns when everything up to `rev`, all read cursors and flags are archived, or an alarm is set that will see to it. */
  async settled(rev: number): Promise<void> {
    // The archive lacks nothing of an empty record, whose failed comparison sets no alarm to end the wait.
    while (this.#lacks(Math.min(rev, this.#ports.record.rev)) && !this.#isHeld) {
      await Promise.race([this.#flush(), this.#landing.promise]);
    }
  }

  /** What is known to be in D1. */
  get landed(): Landed {
    return { rev: this.#archivedRev ?? 0, read: this.#archivedRead, state: this.#archivedState };
  }

  /** Somebody saw more in D1 than the record has: it is compared again before anything is written. */
  doubt(): void {
    this.#archivedRev = undefined;
  }

  /** Somebody saw that D1 was set back to this: what follows is sent again. */
  sendAgain({ rev, read, state }: Landed): void {
    this.#archivedRev = rev;
    this.#archivedRead = read;
    this.#archivedState = state;
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

  /** Revisions that D1 lacks; undefined until the record was compared with it. */
  get lag(): number | undefined {
    return this.#archivedRev === undefined
      ? undefined
      : Math.max(0, this.#ports.record.rev - this.#archivedRev);
  }

  get #failingMs(): number {
    const { record, now } = this.#ports;
    return record.failingSinceMs === null ? 0 : now() - record.failingSinceMs;
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
      // What is committed while the inboxes are told again must not be left behind.
      do {
        while (this.#isBehind()) {
          await this.compared();
          await this.#writeNext(await this.#burst.over());
        }
        await this.#landed();
      } while (this.#isBehind());
    } catch (error) {
      this.#failed(error);
    }
  }

  async #writeNext(pausedMs: number): Promise<void> {
    if (!this.#isBehind()) {
      return;
    }
    const { record, archive, backOff, inboxes, now } = this.#ports;
    const write = record.changesAfter(this.#archivedRev ?? 0);
    // Told first: an archive that has a revision then says that the inboxes were told of it, or that an alarm will see to it.
    if ((await within(toldWaitMs, inboxes.told())) === undefined) {
      backOff.failed();
    }
    const startedAtMs = now();
    const wasAll = write.summary.rev === record.rev;
    this.#sureRev = Math.max(this.#sureRev, write.summary.rev);
    const rev = await archive.write(write);
    const ms = now() - startedAtMs;
    this.#burst.landed(ms, wasAll);
    this.#toldLate(write, pausedMs + ms > slowWriteMs);
    if (ms > reportedWriteMs) {
      this.#ports.report("archive_slow", { ms, lag: this.lag });
    }
    // Above: someone else's history. Below: the archive was set back. Either way the comparison tells what to do.
    const asWritten = rev === write.summary.rev;
    this.#archivedRev = asWritten ? rev : undefined;
    this.#archivedRead = write.summary.read;
    this.#archivedState = write.summary.flags.state;
    this.#landing.resolve();
    this.#landing = Promise.withResolvers();
  }

  // Not whoever is blocked and sees nothing of it: a word that says nothing would tell when the other was there.
  #toldLate({ summary }: ArchiveWrite, isSlow: boolean): void {
    const { backOff, inboxes } = this.#ports;
    const before = { rev: this.#archivedRev ?? 0, state: this.#archivedState, read: this.#archivedRead };
    for (const side of ["a", "b"] as const) {
      if (isSeenToMove(side, before, summary)) {
        if (backOff.isFailing) {
          this.#late.add(side);
        } else if (isSlow) {
          inboxes.owe(side);
        }
      }
    }
  }

  async #compare(): Promise<void> {
    const state = (await this.#ports.archive.state()) ?? nothingArchived;
    if (state.rev > 0 || state.flags.state > 0) {
      await this.#take(state);
    }
    if (state.rev < this.#startRev) {
      // The object died between a commit and the archive, and so perhaps before the inboxes were told.
      this.#ports.inboxes.owe();
    }
    this.#archivedRev = state.rev;
    this.#archivedRead = state.read;
    this.#archivedState = state.flags.state;
    this.#sureRev = this.#ports.record.rev;
    if (this.#ports.record.sureRev !== null) {
      this.#ports.record.keepSureRev(null);
    }
  }

  async #take(state: ArchiveState): Promise<void> {
    const { record, report } = this.#ports;
    if (!(await record.matches(state, this.#sureRev))) {
      report("record_behind_archive", { recordRev: record.rev, archiveRev: state.rev });
      await record.adoptFrom(state);
    }
    record.takeMarks(state);
  }

  async #landed(): Promise<void> {
    const { backOff, inboxes } = this.#ports;
    if (!backOff.isFailing) {
      return;
    }
    // Lists that were read meanwhile lack what has landed only now.
    for (const side of ["a", "b"] as const) {
      if (this.#late.has(side) || inboxes.owesTo(side)) {
        inboxes.owe(side);
      }
    }
    if ((await within(toldWaitMs, inboxes.told())) === true && !inboxes.owes) {
      this.#late.clear();
      this.#ports.report("archive_recovered", { failingMs: this.#failingMs });
      backOff.recovered();
    } else {
      backOff.failed();
    }
  }

  #failed(error: unknown): void {
    const { record, backOff, report } = this.#ports;
    report("archive_flush_failed", {
      fault: error instanceof ArchiveError ? error.fault : "internal",
      lag: this.lag,
      failingMs: this.#failingMs,
    });
    if (record.rev > 0 || record.flags.state > 0) {
      if (this.#archivedRev === undefined && record.sureRev !== this.#sureRev) {
        record.keepSureRev(this.#sureRev);
      }
      backOff.failed();
      this.#isHeld = true;
    }
  }
}
