/** Characters of a message that the conversation list shows. */
const previewCharacters = 140;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The first characters of a text, cut where a reader sees a character end. */
export function previewOf(text: string): string {
  if (text.length <= previewCharacters) {
    return text;
  }
  let preview = "";
  for (const { segment } of graphemes.segment(text)) {
    if (preview.length + segment.length > previewCharacters) {
      break;
    }
    preview += segment;
  }
  return preview;
}
