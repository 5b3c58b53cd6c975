import type { Profile } from "../../client/index.ts";
import { nameOf } from "../reading/person.ts";
import { isUserId } from "./user-id.ts";

/** The part of a conversation's summary that a search reads. */
export interface Listed {
  readonly peer: string;
  readonly profile?: Profile;
}

/** What the user typed, and the id that it would be. */
export interface Sought {
  readonly text: string;
  readonly id: string;
}

/** What the server says about the typed id. */
export type Directory =
  | { readonly kind: "known"; readonly id: string }
  | { readonly kind: "unknown"; readonly mayWrite: boolean }
  /** The server was not reached. */
  | { readonly kind: "unchecked" }
  /** There was nothing to ask: the text is no id, or a conversation with it is listed. */
  | { readonly kind: "not asked" };

/** What Enter does. */
export type Decision =
  | { readonly kind: "open"; readonly peer: string }
  | { readonly kind: "several" | "impossible" | "self" }
  | { readonly kind: "unknown" | "unchecked"; readonly id: string; readonly mayWrite: boolean };

/** Compares names as people do: case, spacing and composed or decomposed accents make no difference. */
export function foldName(name: string): string {
  return name.normalize("NFKC").toLocaleLowerCase().trim().replaceAll(/\s+/gu, " ");
}

/** Whether the list shows this conversation while the text is typed. */
export function isMatch({ peer, profile }: Listed, { text, id }: Sought): boolean {
  const typed = foldName(text);
  return peer === id || [peer, nameOf(peer, profile)].some((name) => foldName(name).includes(typed));
}

function isExact({ peer, profile }: Listed, { text, id }: Sought): boolean {
  return peer === id || foldName(nameOf(peer, profile)) === foldName(text);
}

/** Whether the server has to be asked who the typed id is. Two people may share a name, so a match by name alone does not say. */
export function needsDirectory(listed: readonly Listed[], { id }: Sought, you: string | undefined): boolean {
  return isUserId(id) && id !== you && !listed.some(({ peer }) => peer === id);
}

/**
 * Decides what Enter opens: the one person who is called like that, by name or id, else the one conversation that
 * matches at all. An id that the server does not know is named as such and not opened.
 */
export function decide(listed: readonly Listed[], sought: Sought, { you, directory }: Known): Decision {
  const found = foundPeers(listed, sought, { you, directory });
  const [peer] = found;
  if (peer === undefined) {
    return nobody(sought, { you, directory });
  }
  return found.length === 1 ? { kind: "open", peer } : { kind: "several" };
}

interface Known {
  readonly you: string | undefined;
  readonly directory: Directory;
}

function foundPeers(listed: readonly Listed[], sought: Sought, { you, directory }: Known): string[] {
  const exact = new Set(listed.filter((one) => isExact(one, sought)).map(({ peer }) => peer));
  if (directory.kind === "known") {
    exact.add(directory.id);
  }
  // An alias of one's own is known, and nobody to write to.
  const others = Array.from(exact).filter((peer) => peer !== you);
  return exact.size > 0 ? others : listed.filter((one) => isMatch(one, sought)).map(({ peer }) => peer);
}

function nobody({ id }: Sought, { you, directory }: Known): Decision {
  if (id === you || directory.kind === "known") {
    return { kind: "self" };
  }
  if (!isUserId(id)) {
    return { kind: "impossible" };
  }
  return directory.kind === "unknown"
    ? { kind: "unknown", id, mayWrite: directory.mayWrite }
    : { kind: "unchecked", id, mayWrite: true };
}

/** The peers whose name somebody else in the list has too: their ids are shown beside it. */
export function sameNamed(listed: readonly Listed[]): ReadonlySet<string> {
  const byName = new Map<string, string[]>();
  for (const { peer, profile } of listed) {
    const name = foldName(nameOf(peer, profile));
    byName.set(name, [...(byName.get(name) ?? []), peer]);
  }
  return new Set(Array.from(byName.values()).flatMap((peers) => (peers.length > 1 ? peers : [])));
}
