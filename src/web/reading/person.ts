import type { Profile } from "../../client/index.ts";

export function nameOf(peer: string, profile: Profile | undefined): string {
  return profile?.name ?? peer;
}

/** The first letters of the first and last word. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/u).filter((word) => word !== "");
  const first = firstLetter(words[0] ?? "?");
  return words.length < 2 ? first : first + firstLetter(words.at(-1) ?? "");
}

/** One of the avatar's colours, always the same for a user. */
export function hueOf(peer: string, hues: number): number {
  let sum = 7;
  for (const character of peer) {
    sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  }
  return sum % hues;
}

function firstLetter(word: string): string {
  const [first] = new Intl.Segmenter().segment(word);
  return (first?.segment ?? "").toLocaleUpperCase();
}
