export interface TextPart {
  readonly text: string;
  /** Where it leads; missing where it is plain text. */
  readonly href?: string;
}

/** Up to a space, a quote or bracket that no address has bare, or a character that turns the direction of writing: those disguise where a link leads. */
const address = /\bhttps?:\/\/[^\s<>"`{}|\\^\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
/** Ends a sentence rather than an address. */
const trailing = /[.,:;!?'*_~…»”’]$/u;
const brackets: Readonly<Record<string, string>> = { ")": "(", "]": "[" };

/** Cuts a text at its links. Together the parts are the text; only http and https lead anywhere. */
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

function withoutTail(found: string): string {
  let link = found;
  while (trailing.test(link) || closesNothing(link)) {
    link = link.slice(0, -1);
  }
  return link;
}

/** Whether the last character is a bracket that was opened before the link. */
function closesNothing(link: string): boolean {
  const closing = link.at(-1) ?? "";
  const opening = brackets[closing];
  return opening !== undefined && link.split(closing).length > link.split(opening).length;
}

function hrefOf(link: string): string | undefined {
  const url = URL.parse(link);
  const isWeb = url?.protocol === "http:" || url?.protocol === "https:";
  return isWeb && url.hostname !== "" ? url.href : undefined;
}
