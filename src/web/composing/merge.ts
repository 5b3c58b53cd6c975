/**
 * Joins what was typed in two tabs. `base` is what both started from: if one tab did not change it, the other's text
 * holds; a text that contains the other holds; else both are kept, one below the other.
 */
export function mergeTexts({
  base,
  mine,
  theirs,
}: {
  readonly base: string;
  readonly mine: string;
  readonly theirs: string;
}): string {
  if (theirs === base || mine === theirs || (theirs !== "" && mine.includes(theirs))) {
    return mine;
  }
  if (mine === base || (mine !== "" && theirs.includes(mine))) {
    return theirs;
  }
  return [theirs, mine].filter((text) => text.trim() !== "").join("\n");
}
