import { ArchiveError } from "../archive/database.ts";
import { nothingArchived, type ArchiveState } from "../archive/read.ts";
import type { ArchiveWrite } from "../archive/write.ts";
import type { Side } from "../protocol/pair.ts";
import { within } from "../sockets/within.ts";
import type { ArchiverPorts, Landed } from "./archiver-ports.ts";
import { BurstPause } from "./burst-pause.ts";
import type { Cursors } from "./log.ts";
import { isSeenToMove } from "./seen-to-move.ts";

/** The archive does not wait longer for an inbox that does not answer. */
const toldWaitMs = 5_000;
/** What was told so long before it landed lets a device of a new instance of its inbox read the list of before it. */
const slowLandingMs = 1_000;
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
  /** What the next write brings was told to the inboxes at this moment or later. */
  #oldestToldAtMs = 0;
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

  /** Whether a change that comes now waits for others before it goes to D1. */
  get isInBurst(): boolean {
    return !this.#isHeld && this.#burst.leftMs > 0;
  }

  /** Somebody left who may have been the last to wake the object: what waits for its burst goes now. */
  hasten(): void {
    this.#burst.cut();
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
    if (this.#flushing === undefined) {
      this.#oldestToldAtMs = this.#ports.now();
      this.#flushing = this.#run().finally(() => {
        this.#flushing = undefined;
      });
    }
    return this.#flushing;
  }

  async #run(): Promise<void> {
    try {
      // What is committed while the inboxes are told again must not be left behind.
      do {
        while (this.#isBehind()) {
          await this.#burst.over();
          this.#ports.inboxes.resume();
          await this.compared();
          await this.#writeNext();
        }
        await this.#landed();
      } while (this.#isBehind());
    } catch (error) {
      this.#failed(error);
      this.#ports.inboxes.resume();
    }
  }

  async #writeNext(): Promise<void> {
    if (!this.#isBehind()) {
      return;
    }
    const { record, archive, backOff, inboxes, now } = this.#ports;
    const toldAtMs = this.#oldestToldAtMs;
    const write = record.changesAfter(this.#archivedRev ?? 0);
    const isAll = write.summary.rev === record.rev;
    this.#oldestToldAtMs = isAll ? now() : toldAtMs;
    // Told first: an archive that has a revision then says that the inboxes were told of it, or that an alarm will see to it.
    if ((await within(toldWaitMs, inboxes.told())) === undefined) {
      backOff.failed();
    }
    const startedAtMs = now();
    this.#sureRev = Math.max(this.#sureRev, write.summary.rev);
    const rev = await archive.write(write);
    const ms = now() - startedAtMs;
    this.#burst.landed(ms, isAll);
    this.#toldLate(write, now() - toldAtMs > slowLandingMs);
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
    const { backOff, inboxes, now } = this.#ports;
    if (isSlow) {
      // The rest of the flush is told again with it.
      this.#oldestToldAtMs = now();
    }
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
