import type { ListPlace } from "./list-page.ts";

/**
 * A place in a user's list as an opaque text: base64url of the place and 64 bits of a SHA-256 over user and place. The
 * check finds cursors that were cut, changed or mixed up; it grants nothing and needs no secret, for a list is always
 * the token's user's own.
 */
export async function cursorFrom(user: string, { lastAtMs, key }: ListPlace): Promise<string> {
  const place = `${lastAtMs}.${key}`;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${place} ${user}`));
  const bytes = String.fromCharCode(...new Uint8Array(digest, 0, 8)) + place;
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The place that a cursor stands for; undefined where it is not one that this user was given. */
export async function placeFrom(user: string, cursor: string): Promise<ListPlace | undefined> {
  const place = decoded(cursor);
  // Made again and compared as a whole: base64 has several spellings of the same bytes.
  return place !== undefined && (await cursorFrom(user, place)) === cursor ? place : undefined;
}

function decoded(cursor: string): ListPlace | undefined {
  if (!/^[\w-]+$/.test(cursor) || cursor.length % 4 === 1) {
    return undefined;
  }
  const bytes = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
  const [, time, key] = /^.{8}(\d{1,15})\.([\w-]+)$/s.exec(bytes) ?? [];
  return time === undefined || key === undefined ? undefined : { lastAtMs: Number(time), key };
}
