import { ArchiveError } from "../archive/database.ts";
import { nothingArchived, type ArchiveState } from "../archive/read.ts";
import type { ArchiveWrite } from "../archive/write.ts";
import type { Side } from "../protocol/pair.ts";
import { orUndefinedAfter } from "../lib/timeout.ts";
import type { Cursors } from "./message-store.ts";
import { isVisiblyChanged } from "./cursors.ts";
import type { ReplicatorPorts, ReplicationCursor } from "./replication-source.ts";

/** The archive does not wait longer for an inbox that does not answer. */
const notifyTimeoutMs = 5_000;
/** If a write to D1 takes longer than this, a restarted inbox may already have served a list without it. */
const slowReplicationMs = 1_000;
const reportedWriteMs = 2_000;

/** Keeps D1 at the record's heels: one flush in flight, whatever came meanwhile in the next, failed ones repeated for ever. */
export class Replicator {
  readonly #ports: ReplicatorPorts;
  #replicatedRev: number | undefined;
  #replicatedRead: Cursors = { a: 0, b: 0 };
  #replicatedState = 0;
  #comparing: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  readonly #debounce: WriteDebounce;
  /** Ends with the next write that lands. */
  #nextWrite = Promise.withResolvers<void>();
  /** The inboxes were notified of the changes in the next write at this time or later. */
  #oldestNotifiedAtMs = 0;
  /** A flush failed: the alarm makes the next one. */
  #waitsForAlarm = false;
  /** Up to where the record went when the object started. */
  readonly #startRev: number;
  /** Up to where this record can have been written. */
  #verifiedRev: number;
  /** Sides whose list may lack changes that reached D1 while D1 or an inbox failed. */
  readonly #notifiedLate = new Set<Side>();

  constructor(ports: ReplicatorPorts) {
    this.#ports = ports;
    if (ports.source.failingSinceMs !== null) {
      this.#notifiedLate.add("a").add("b");
    }
    this.#debounce = new WriteDebounce(ports);
    this.#startRev = ports.source.rev;
    this.#verifiedRev = ports.source.verifiedRev ?? this.#startRev;
  }

  /** Something happened: compares once after a start, then sends what the archive lacks. Does nothing while an alarm waits. */
  schedule(): void {
    if (!this.#waitsForAlarm && this.#isBehind()) {
      this.#flush().catch(() => this.#ports.abort("archive_back_off_failed"));
    }
  }

  /** Whether a change that comes now waits for others before it goes to D1. */
  get isDebouncing(): boolean {
    return !this.#waitsForAlarm && this.#debounce.leftMs > 0;
  }

  /** Somebody left who may have been the last to wake the object: what waits for its burst goes now. */
  flushNow(): void {
    this.#debounce.cancel();
  }

  /** The alarm of what failed rang. */
  async onAlarm(): Promise<void> {
    this.#waitsForAlarm = false;
    this.#ports.alarm.onFired();
    await this.#flush();
  }

  /** Returns when everything up to `rev`, all read cursors and flags are archived, or an alarm is set that will see to it. */
  async waitUntilReplicated(rev: number): Promise<void> {
    // The archive lacks nothing of an empty record, whose failed comparison sets no alarm to end the wait.
    while (this.#lacks(Math.min(rev, this.#ports.source.rev)) && !this.#waitsForAlarm) {
      await Promise.race([this.#flush(), this.#nextWrite.promise]);
    }
  }

  /** What is known to be in D1. */
  get replicated(): ReplicationCursor {
    return { rev: this.#replicatedRev ?? 0, read: this.#replicatedRead, state: this.#replicatedState };
  }

  /** Somebody saw more in D1 than the record has: it is compared again before anything is written. */
  invalidate(): void {
    this.#replicatedRev = undefined;
  }

  /** Somebody saw that D1 was set back to this: what follows is sent again. */
  rewindTo({ rev, read, state }: ReplicationCursor): void {
    this.#replicatedRev = rev;
    this.#replicatedRead = read;
    this.#replicatedState = state;
  }

  /** Returns when the record was compared with the archive. Throws an ArchiveError. */
  async waitUntilCompared(): Promise<void> {
    if (this.#replicatedRev === undefined) {
      this.#comparing ??= this.#compare().finally(() => {
        this.#comparing = undefined;
      });
      await this.#comparing;
    }
  }

  /** Revisions that D1 lacks; undefined until the record was compared with it. */
  get lag(): number | undefined {
    return this.#replicatedRev === undefined
      ? undefined
      : Math.max(0, this.#ports.source.rev - this.#replicatedRev);
  }

  get #failingMs(): number {
    const { source, now } = this.#ports;
    return source.failingSinceMs === null ? 0 : now() - source.failingSinceMs;
  }

  #isBehind(): boolean {
    return this.#replicatedRev === undefined || this.#lacks(this.#ports.source.rev);
  }

  #lacks(rev: number): boolean {
    const { read, flags } = this.#ports.source;
    return (
      (this.#replicatedRev ?? 0) < rev ||
      this.#replicatedRead.a < read.a ||
      this.#replicatedRead.b < read.b ||
      this.#replicatedState < flags.state
    );
  }

  #flush(): Promise<void> {
    if (this.#flushing === undefined) {
      this.#oldestNotifiedAtMs = this.#ports.now();
      this.#flushing = this.#run().finally(() => {
        this.#flushing = undefined;
      });
    }
    return this.#flushing;
  }

  async #run(): Promise<void> {
    try {
      // Changes may be committed while the inboxes are notified again.
      do {
        while (this.#isBehind()) {
          await this.#debounce.waitUntilOver();
          this.#ports.notifier.release();
          await this.waitUntilCompared();
          await this.#writeNext();
        }
        await this.#onCaughtUp();
      } while (this.#isBehind());
    } catch (error) {
      this.#onFailure(error);
      this.#ports.notifier.release();
    }
  }

  async #writeNext(): Promise<void> {
    if (!this.#isBehind()) {
      return;
    }
    const { source, archive, alarm, notifier, now } = this.#ports;
    const toldAtMs = this.#oldestNotifiedAtMs;
    const write = source.changesAfter(this.#replicatedRev ?? 0);
    const isAll = write.summary.rev === source.rev;
    this.#oldestNotifiedAtMs = isAll ? now() : toldAtMs;
    // Notifies before it writes: if D1 has a revision, the inboxes were notified of it, or an alarm will notify them.
    if ((await orUndefinedAfter(notifyTimeoutMs, notifier.notified())) === undefined) {
      alarm.onFailure();
    }
    const startedAtMs = now();
    this.#verifiedRev = Math.max(this.#verifiedRev, write.summary.rev);
    const rev = await archive.write(write);
    const ms = now() - startedAtMs;
    this.#debounce.onWritten(ms, isAll);
    this.#notifyAgainIfLate(write, now() - toldAtMs > slowReplicationMs);
    if (ms > reportedWriteMs) {
      this.#ports.report("archive_slow", { ms, lag: this.lag });
    }
    // Above: someone else's history. Below: the archive was set back. Either way the comparison tells what to do.
    const asWritten = rev === write.summary.rev;
    this.#replicatedRev = asWritten ? rev : undefined;
    this.#replicatedRead = write.summary.read;
    this.#replicatedState = write.summary.flags.state;
    this.#nextWrite.resolve();
    this.#nextWrite = Promise.withResolvers();
  }

  // Skips a blocked user: even an empty update would reveal the other's activity.
  #notifyAgainIfLate({ summary }: ArchiveWrite, isSlow: boolean): void {
    const { alarm, notifier, now } = this.#ports;
    if (isSlow) {
      // The remaining writes of this flush are covered by the same notification.
      this.#oldestNotifiedAtMs = now();
    }
    const before = {
      rev: this.#replicatedRev ?? 0,
      state: this.#replicatedState,
      read: this.#replicatedRead,
    };
    for (const side of ["a", "b"] as const) {
      if (isVisiblyChanged(side, before, summary)) {
        if (alarm.isFailing) {
          this.#notifiedLate.add(side);
        } else if (isSlow) {
          notifier.requireNotify(side);
        }
      }
    }
  }

  async #compare(): Promise<void> {
    const state = (await this.#ports.archive.state()) ?? nothingArchived;
    if (state.rev > 0 || state.flags.state > 0) {
      await this.#reconcile(state);
    }
    if (state.rev < this.#startRev) {
      // The object stopped between a commit and the write to D1, so the inboxes may lack the notification.
      this.#ports.notifier.requireNotify();
    }
    this.#replicatedRev = state.rev;
    this.#replicatedRead = state.read;
    this.#replicatedState = state.flags.state;
    this.#verifiedRev = this.#ports.source.rev;
    if (this.#ports.source.verifiedRev !== null) {
      this.#ports.source.saveVerifiedRev(null);
    }
  }

  async #reconcile(state: ArchiveState): Promise<void> {
    const { source, report } = this.#ports;
    if (!(await source.matches(state, this.#verifiedRev))) {
      report("record_behind_archive", { recordRev: source.rev, archiveRev: state.rev });
      await source.reconcileWith(state);
    }
    source.mergeMarks(state);
  }

  async #onCaughtUp(): Promise<void> {
    const { alarm, notifier } = this.#ports;
    if (!alarm.isFailing) {
      return;
    }
    // Lists that were read in the meantime lack the changes that D1 has only now.
    for (const side of ["a", "b"] as const) {
      if (this.#notifiedLate.has(side) || notifier.isRequiredFor(side)) {
        notifier.requireNotify(side);
      }
    }
    if ((await orUndefinedAfter(notifyTimeoutMs, notifier.notified())) === true && !notifier.isRequired) {
      this.#notifiedLate.clear();
      this.#ports.report("archive_recovered", { failingMs: this.#failingMs });
      alarm.onRecovered();
    } else {
      alarm.onFailure();
    }
  }

  #onFailure(error: unknown): void {
    const { source, alarm, report } = this.#ports;
    report("archive_flush_failed", {
      fault: error instanceof ArchiveError ? error.fault : "internal",
      lag: this.lag,
      failingMs: this.#failingMs,
    });
    if (source.rev > 0 || source.flags.state > 0) {
      if (this.#replicatedRev === undefined && source.verifiedRev !== this.#verifiedRev) {
        source.saveVerifiedRev(this.#verifiedRev);
      }
      alarm.onFailure();
      this.#waitsForAlarm = true;
    }
  }
}

/** In a burst: the least and the most between one write and the next, and how much longer than the last write that is. */
const leastMs = 200;

const mostMs = 500;

const timesTheWrite = 4;

interface WriteDebouncePorts {
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * The time between the archive's writes of one burst. What comes meanwhile shares the summary's row, and many lively talks
 * fit into one database; one that takes longer is asked less often. A change alone does not wait.
 */
export class WriteDebounce {
  readonly #ports: WriteDebouncePorts;
  #writtenAtMs = Number.NEGATIVE_INFINITY;
  #pauseMs = 0;
  #canceled = Promise.withResolvers<void>();
  #isCanceled = false;

  constructor(ports: WriteDebouncePorts) {
    this.#ports = ports;
  }

  /** How much is left of the pause. */
  get leftMs(): number {
    const sinceMs = this.#ports.now() - this.#writtenAtMs;
    // Not where the clock stepped back.
    return sinceMs < 0 ? 0 : Math.max(0, this.#pauseMs - sinceMs);
  }

  /** Returns when the next write may begin. */
  async waitUntilOver(): Promise<void> {
    const { leftMs } = this;
    if (leftMs > 0) {
      this.#canceled = Promise.withResolvers();
      await Promise.race([this.#ports.pause(leftMs), this.#canceled.promise]);
    }
  }

  /** Ends the pause that is under way, or else the next one. */
  cancel(): void {
    this.#pauseMs = 0;
    this.#isCanceled = true;
    this.#canceled.resolve();
  }

  /** A write to D1 ended. If more changes wait, as after an outage, the next write follows at once. */
  onWritten(tookMs: number, wasAll: boolean): void {
    this.#writtenAtMs = this.#ports.now();
    this.#pauseMs =
      wasAll && !this.#isCanceled ? Math.min(Math.max(leastMs, timesTheWrite * tookMs), mostMs) : 0;
    this.#isCanceled &&= !wasAll;
  }
}
