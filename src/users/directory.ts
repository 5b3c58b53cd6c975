import { ArchiveError } from "../archive/database.ts";
import { readUser, type FoundUser } from "../archive/users.ts";
import { errorName, type Report } from "../observability/log-events.ts";
import { reportShared } from "../observability/index.ts";
import type { Settings } from "../settings.ts";
import { BoundedMap, charactersOf } from "./bounded-map.ts";

/** How long an answer of the archive serves, that it knows nobody too. */
export const foundMaxAgeMs = 60_000;
/** How long after a failed look-up an expired answer serves on before the archive is asked again. */
export const retryAfterMs = 5_000;
/** A look-up that takes longer has failed. */
const lookUpTimeoutMs = 2_000;
/** Failed look-ups are a line at most so often: in an outage each request has some. */
export const reportEveryMs = 30_000;

interface Entry {
  readonly user: FoundUser;
  readonly freshUntilMs: number;
}

/** Who is meant by a user id or an alias, as far as this isolate has asked the archive. */
export class Directory {
  readonly #read: (name: string, timeoutMs: number) => Promise<FoundUser>;
  readonly #entries = new BoundedMap<Entry>(({ user }) => user.id.length + charactersOf(user.profile ?? {}));
  /** The users and names that changed last, numbered. */
  readonly #changes = new BoundedMap<number>(() => 8);
  #lastChange = 0;
  readonly #report: Report;
  #failures = 0;
  #reportedAtMs = Number.NEGATIVE_INFINITY;

  constructor(read: (name: string, timeoutMs: number) => Promise<FoundUser>, report = reportShared) {
    this.#read = read;
    this.#report = report;
  }

  /** Throws an ArchiveError where the archive does not answer in time and never did. */
  async find(name: string, nowMs: number, timeoutMs = lookUpTimeoutMs): Promise<FoundUser> {
    const entry = this.#entries.get(name);
    if (entry !== undefined && nowMs < entry.freshUntilMs) {
      return entry.user;
    }
    // Each request asks for itself: a promise of another request's I/O may never settle in this one.
    const asOf = this.#lastChange;
    try {
      const user = await this.#read(name, timeoutMs);
      this.#keep(name, { user, freshUntilMs: nowMs + foundMaxAgeMs }, asOf);
      return user;
    } catch (error) {
      this.#failed(error, nowMs);
      if (entry === undefined) {
        throw error;
      }
      this.#keep(name, { user: entry.user, freshUntilMs: nowMs + retryAfterMs }, asOf);
      return entry.user;
    }
  }

  /** Something was changed about a user, or about what these names mean: the archive is asked again. */
  forget(id: string, names: readonly string[] = []): void {
    const changed = new Set([id, ...names]);
    this.#lastChange += 1;
    for (const name of changed) {
      this.#changes.set(name, this.#lastChange);
    }
    this.#entries.deleteWhere((name, { user }) => user.id === id || changed.has(name));
  }

  #failed(error: unknown, nowMs: number): void {
    this.#failures += 1;
    if (Math.abs(nowMs - this.#reportedAtMs) >= reportEveryMs) {
      const fault = error instanceof ArchiveError ? error.fault : errorName(error);
      this.#report("user_lookup_failed", { fault, failures: this.#failures });
      this.#failures = 0;
      this.#reportedAtMs = nowMs;
    }
  }

  // An answer that was on its way while its user or name changed may be older than the change.
  #keep(name: string, entry: Entry, asOf: number): void {
    const changedSince = [name, entry.user.id].some((one) => (this.#changes.get(one) ?? 0) > asOf);
    if (!changedSince) {
      this.#entries.set(name, entry);
    }
  }
}

const directories = new WeakMap<D1Database, Map<boolean, Directory>>();

/** The directory of a database, one for all requests and objects of this isolate. */
export function directoryOf(d1: D1Database, { aliases }: Pick<Settings, "aliases">): Directory {
  const ofDatabase = directories.get(d1) ?? new Map<boolean, Directory>();
  directories.set(d1, ofDatabase);
  const directory =
    ofDatabase.get(aliases) ?? new Directory((name, timeoutMs) => readUser(d1, { name, aliases, timeoutMs }));
  ofDatabase.set(aliases, directory);
  return directory;
}
