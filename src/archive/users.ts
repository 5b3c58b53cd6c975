import { and, asc, eq, sql, type SQL } from "drizzle-orm";
import type { Profile } from "../protocol/conversation-list.ts";
import { ask, openPrimary } from "./database.ts";
import { aliases, users } from "./schema.ts";

/** A write that takes longer is given up; where it lands all the same, its repeat changes nothing. */
const writeTimeoutMs = 5_000;

/** Whom a user id or an alias means. */
export interface FoundUser {
  readonly id: string;
  /** Whether they signed in once, or the app's team named them. */
  readonly known: boolean;
  /** Only with a name or a picture in it. */
  readonly profile?: Profile;
}

interface Question {
  readonly name: string;
  /** Whether `name` may be an alias. Else it is an id, even where an alias is spelt the same. */
  readonly aliases: boolean;
  readonly timeoutMs: number;
}

/** On the primary: who somebody is must not lag. Reads a row each for the alias and for the user. Throws an ArchiveError. */
export async function readUser(d1: D1Database, question: Question): Promise<FoundUser> {
  const { name, timeoutMs } = question;
  const db = openPrimary(d1);
  const id: SQL = question.aliases
    ? sql`coalesce((select user from aliases where alias = ${name}), ${name})`
    : sql`${name}`;
  const [row] = await ask(timeoutMs, () =>
    db
      .select({
        id: sql<string>`asked.id`.as("asked_id"),
        known: sql<string | null>`${users.id}`.as("known_id"),
        name: users.name,
        picture: users.picture,
      })
      .from(sql`(select ${id} as id) as asked`)
      .leftJoin(users, sql`${users.id} = asked.id`),
  );
  if (row === undefined) {
    throw new Error("a select of one value answers one row");
  }
  const profile = {
    ...(row.name !== null && { name: row.name }),
    ...(row.picture !== null && { picture: row.picture }),
  };
  const isNamed = row.name !== null || row.picture !== null;
  return { id: row.id, known: row.known !== null, ...(isNamed && { profile }) };
}

/** What a token says of its user. */
export interface Claims {
  readonly id: string;
  readonly profile: Profile;
  readonly issuedAtMs: number;
}

/**
 * Makes the user known and keeps what the token says, and answers whether that was news. One row written then, none
 * else. A claim that the token lacks changes nothing, and neither does a token issued before what is there was said.
 * Throws an ArchiveError.
 */
export async function keepClaims(d1: D1Database, { id, profile, issuedAtMs }: Claims): Promise<boolean> {
  const db = openPrimary(d1);
  const name = sql`coalesce(excluded.name, ${users.name})`;
  const picture = sql`coalesce(excluded.picture, ${users.picture})`;
  const changed = await ask(writeTimeoutMs, () =>
    db
      .insert(users)
      .values({ id, ...profile, claimedAtMs: issuedAtMs })
      .onConflictDoUpdate({
        target: users.id,
        set: { name, picture, claimedAtMs: sql`excluded.claimed_at_ms` },
        setWhere: sql`excluded.claimed_at_ms >= ${users.claimedAtMs} and (${name} is not ${users.name} or ${picture} is not ${users.picture})`,
      })
      .returning({ id: users.id }),
  );
  return changed.length > 0;
}

/** A user as the app's team sets them at `setAtMs`; without `aliases` those stay as they are. */
export interface NamedUser {
  readonly id: string;
  readonly profile: Profile;
  readonly aliases?: readonly string[] | undefined;
  readonly setAtMs: number;
}

/**
 * Replaces what is known of a user, and answers their aliases; undefined, and nothing changed, where an alias stands
 * for somebody else, is itself a user with aliases, or the id is an alias: a name leads to its user in one step.
 * Writes a row for the user, two for each alias that is new and one for each that is gone. Throws an ArchiveError.
 */
export async function setUser(d1: D1Database, user: NamedUser): Promise<string[] | undefined> {
  const db = openPrimary(d1);
  const { id, profile, setAtMs } = user;
  const taken = takenNames(id, user.aliases ?? []);
  // What is taken stays so through the whole transaction: no statement of it changes a row that `taken` looks at.
  const free = sql`not exists (select 1 from aliases where ${taken})`;
  const takenFirst = db.select({ alias: aliases.alias }).from(aliases).where(taken).limit(1);
  const upsert = db
    .insert(users)
    .select(sql`select ${id}, ${profile.name ?? null}, ${profile.picture ?? null}, ${setAtMs} where ${free}`)
    .onConflictDoUpdate({
      target: users.id,
      set: {
        name: sql`excluded.name`,
        picture: sql`excluded.picture`,
        claimedAtMs: sql`excluded.claimed_at_ms`,
      },
    });
  const kept = db
    .select({ alias: aliases.alias })
    .from(aliases)
    .where(eq(aliases.user, id))
    .orderBy(asc(aliases.alias));
  const [found, rows] = await ask(writeTimeoutMs, async () => {
    if (user.aliases === undefined) {
      const [conflicts, , after] = await db.batch([takenFirst, upsert, kept]);
      return [conflicts, after] as const;
    }
    const wanted = JSON.stringify(user.aliases);
    const drop = db
      .delete(aliases)
      .where(and(eq(aliases.user, id), sql`alias not in (select value from json_each(${wanted}))`, free));
    const add = db
      .insert(aliases)
      .select(sql`select value, ${id} from json_each(${wanted}) where ${free}`)
      .onConflictDoNothing();
    const [conflicts, , , , after] = await db.batch([takenFirst, upsert, drop, add, kept]);
    return [conflicts, after] as const;
  });
  return found.length > 0 ? undefined : rows.map(({ alias }) => alias);
}

function takenNames(id: string, wanted: readonly string[]): SQL {
  const list = sql`(select value from json_each(${JSON.stringify(wanted)}))`;
  return sql`((alias in ${list} and user <> ${id}) or alias = ${id} or user in ${list})`;
}
