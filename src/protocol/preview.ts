/** Characters of a message that the conversation list and quotes show. */
const previewCharacters = 140;

/** The first characters of a text, cut where a reader sees a character end. */
export function previewOf(text: string): string {
  if (text.length <= previewCharacters) {
    return text;
  }
  let preview = "";
  for (const character of charactersOf(text)) {
    if (preview.length + character.length > previewCharacters) {
      break;
    }
    preview += character;
  }
  return preview;
}

let graphemes: Intl.Segmenter | undefined;

/** React Native has no Segmenter: there a character is a code point. */
function* charactersOf(text: string): Generator<string> {
  if (typeof Intl === "undefined" || Intl.Segmenter === undefined) {
    yield* text;
    return;
  }
  graphemes ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  for (const { segment } of graphemes.segment(text)) {
    yield segment;
  }
}
