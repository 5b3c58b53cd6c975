const mostEmoji = 3;
const fewEmoji = /^(?:\p{RGI_Emoji}\s*)+$/v;

/** Whether a text is nothing but a few emoji, which are shown large. */
export function isEmojiOnly(text: string): boolean {
  return text.length <= 64 && fewEmoji.test(text) && graphemes(text) <= mostEmoji;
}

function graphemes(text: string): number {
  return Array.from(new Intl.Segmenter().segment(text.replaceAll(/\s/g, ""))).length;
}
