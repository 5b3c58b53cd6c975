import { keepClaims, type Claims } from "../archive/users.ts";
import type { VerifiedUser } from "../auth/verify.ts";
import { BoundedMap, charactersOf } from "./bounded-map.ts";
import { directoryOf } from "./directory.ts";
import type { NamingSettings } from "./resolve.ts";

type KeptClaims = Pick<Claims, "profile" | "issuedAtMs">;

/** What this isolate has told the archive of each user. */
const keptBy = new WeakMap<D1Database, BoundedMap<KeptClaims>>();

/**
 * Tells the archive what a token says of its user, where this isolate did not do so yet. With `PEERS=known` everybody
 * is told of, else only those with a name or a picture. Throws an ArchiveError; then the next request tries again.
 */
export async function keepSignIn(
  d1: D1Database,
  naming: NamingSettings,
  verified: VerifiedUser,
): Promise<void> {
  const { user: id, profile, issuedAtMs } = verified;
  const kept = keptBy.get(d1) ?? new BoundedMap<KeptClaims>(({ profile: one }) => charactersOf(one));
  keptBy.set(d1, kept);
  if ((naming.peers === "any" && isEmpty(profile)) || !isNews(kept.get(id), verified)) {
    return;
  }
  if (await keepClaims(d1, { id, profile, issuedAtMs })) {
    directoryOf(d1, naming).forget(id);
  }
  kept.set(id, { profile, issuedAtMs });
}

/** After the app's team set a user, their token says its part anew. */
export function forgetSignIn(d1: D1Database, id: string): void {
  keptBy.get(d1)?.delete(id);
}

function isNews(kept: KeptClaims | undefined, { profile, issuedAtMs }: VerifiedUser): boolean {
  if (kept === undefined || issuedAtMs > kept.issuedAtMs) {
    return true;
  }
  const same = profile.name === kept.profile.name && profile.picture === kept.profile.picture;
  return issuedAtMs === kept.issuedAtMs && !same;
}

function isEmpty({ name, picture }: VerifiedUser["profile"]): boolean {
  return name === undefined && picture === undefined;
}
