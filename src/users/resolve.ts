import { ArchiveError } from "../archive/database.ts";
import { archiveRefusal } from "../archive/archive-refusal.ts";
import { accessError } from "../auth/access.ts";
import type { Verification } from "../auth/verify.ts";
import type { Profile } from "../protocol/conversation-list.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import type { Settings } from "../settings.ts";
import { directoryOf } from "./directory.ts";

/** How a deployment names users. */
export type NamingSettings = Pick<Settings, "aliases" | "peers">;

/** A name to show is not worth a longer wait. */
const profileTimeoutMs = 500;

/** The user id that a name stands for; without `ALIASES=on` the name itself, unasked. Throws an ArchiveError. */
export async function resolveUser(
  d1: D1Database,
  naming: NamingSettings,
  name: string,
  nowMs: number,
): Promise<string> {
  if (!naming.aliases) {
    return name;
  }
  const { id } = await directoryOf(d1, naming).find(name, nowMs);
  return id;
}

/** Whom a user means by a name, or why they cannot write to them. With `PEERS=known` somebody must have heard of them. */
export async function resolvePeer(
  d1: D1Database,
  naming: NamingSettings,
  { user, name }: { readonly user: string; readonly name: string },
  nowMs: number,
): Promise<string | Refusal> {
  try {
    const peer = name === user ? user : await knownId(d1, naming, name, nowMs);
    if (peer === user) {
      return refusal("bad_peer", { field: "peer", message: "you cannot write to yourself" });
    }
    return peer ?? refusal("unknown_peer", { field: "peer" });
  } catch (error) {
    return refusalFrom(error);
  }
}

async function knownId(
  d1: D1Database,
  naming: NamingSettings,
  name: string,
  nowMs: number,
): Promise<string | undefined> {
  if (naming.peers === "any") {
    return resolveUser(d1, naming, name, nowMs);
  }
  const { id, known } = await directoryOf(d1, naming).find(name, nowMs);
  return known ? id : undefined;
}

/**
 * A token's verdict, for the id that its user stands for, where that user may read and write. A name that cannot be
 * looked up now is nobody's.
 */
export async function resolveVerdict(
  d1: D1Database,
  naming: NamingSettings,
  verdict: Verification,
  nowMs: number,
): Promise<Verification> {
  if (!verdict.ok) {
    return verdict;
  }
  try {
    const resolved = { ...verdict, user: await resolveUser(d1, naming, verdict.user, nowMs) };
    const error = accessError(resolved, nowMs);
    return error === undefined ? resolved : { ok: false, refusal: refusal(error) };
  } catch (error) {
    return { ok: false, refusal: refusalFrom(error) };
  }
}

/** What to show for a user id, where that is known and the archive says so soon. */
export async function profileOf(
  d1: D1Database,
  naming: NamingSettings,
  id: string,
  nowMs: number,
): Promise<Profile | undefined> {
  try {
    const { profile } = await directoryOf(d1, naming).find(id, nowMs, profileTimeoutMs);
    return profile;
  } catch (error) {
    if (error instanceof ArchiveError) {
      return undefined;
    }
    throw error;
  }
}

function refusalFrom(error: unknown): Refusal {
  if (error instanceof ArchiveError) {
    return archiveRefusal(error);
  }
  throw error;
}
