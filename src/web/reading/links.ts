export interface TextPart {
  readonly text: string;
  /** Where it leads; missing where it is plain text. */
  readonly href?: string;
}

/** Up to a space, a quote or bracket that no address has bare, or a character that turns the direction of writing: those disguise where a link leads. */
const address = /\bhttps?:\/\/[^\s<>"`{}|\\^\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
/** Characters that end a sentence rather than an address. */
const trailing: ReadonlySet<string> = new Set(".,:;!?'*_~…»”’");
const openingOf: Readonly<Record<string, string>> = { ")": "(", "]": "[" };
/** Longer than any user name, host and port. Normalising a host takes time that grows with the square of its length. */
const maxAuthorityCharacters = 512;

/**
 * Cuts a text at its links. Together the parts are the text; only http and https lead anywhere. Takes time proportional
 * to the length of the text, whatever the text is.
 */
export function findLinks(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(address)) {
    const found = withoutTail(match[0]);
    const href = hrefOf(found);
    if (href !== undefined) {
      parts.push({ text: text.slice(end, match.index) }, { text: found, href });
      end = match.index + found.length;
    }
  }
  parts.push({ text: text.slice(end) });
  return parts.filter((part) => part.text !== "");
}

/** Without what ends the sentence, and without closing brackets that were opened before the link. */
function withoutTail(found: string): string {
  const counts = bracketCounts(found);
  let end = found.length;
  for (; end > 0; end -= 1) {
    const last = found.charAt(end - 1);
    const opening = openingOf[last];
    if (opening === undefined ? !trailing.has(last) : counts(last) <= counts(opening)) {
      break;
    }
    counts(last, -1);
  }
  return found.slice(0, end);
}

/** How many of each bracket a link has. `change` is added first. */
function bracketCounts(link: string): (bracket: string, change?: number) => number {
  const counts = new Map<string, number>();
  const count = (bracket: string, change = 0) => {
    const changed = (counts.get(bracket) ?? 0) + change;
    counts.set(bracket, changed);
    return changed;
  };
  for (const [bracket] of link.matchAll(/[()[\]]/g)) {
    count(bracket, 1);
  }
  return count;
}

function hrefOf(link: string): string | undefined {
  const authority = link.slice(link.indexOf("//") + 2).search(/[/?#]/);
  const length = authority === -1 ? link.length : authority;
  if (length > maxAuthorityCharacters) {
    return undefined;
  }
  const url = URL.parse(link);
  const isWeb = url?.protocol === "http:" || url?.protocol === "https:";
  return isWeb && url.hostname !== "" ? url.href : undefined;
}
