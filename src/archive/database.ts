import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";

export type Database = DrizzleD1Database;

/** Why the archive did not answer. `not_migrated`: its tables are not there yet, or are of an earlier version. */
export type ArchiveFault = "not_migrated" | "unavailable" | "timeout";

/** Carries a reason and nothing of the database's own text, which holds the statement with its parameters. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
  readonly fault: ArchiveFault;

  constructor(fault: ArchiveFault) {
    super(`the archive did not answer: ${fault}`);
    this.fault = fault;
  }
}

/** The primary: for writes and for what must be compared exactly. */
export function openPrimary(d1: D1Database): Database {
  return drizzle(d1);
}

/** Any replica: for pages, which carry the revision they are true at. */
export function openReplica(d1: D1Database): Database {
  // A session has the three methods that Drizzle calls; its types know only the database itself.
  return drizzle(d1.withSession("first-unconstrained") as unknown as D1Database);
}

/** Runs one call to D1 for at most `timeoutMs`. Throws an ArchiveError, whatever happened. */
export async function ask<T>(timeoutMs: number, call: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ArchiveError("timeout")), timeoutMs);
  });
  try {
    return await Promise.race([call(), timeout]);
  } catch (error) {
    throw error instanceof ArchiveError ? error : new ArchiveError(faultOf(error));
  } finally {
    clearTimeout(timer);
  }
}

function faultOf(error: unknown): ArchiveFault {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message : "";
  return /no such (table|column)|has no column/.test(text) ? "not_migrated" : "unavailable";
}
