/** Far above the longest emoji that Unicode recommends (35 units of UTF-16, a couple of two skin tones has 15). */
const maxEmojiLength = 64;

const recommended = /^\p{RGI_Emoji}$/v;
/** Pictures that are shown as text where no U+FE0F follows, but for those that a skin tone follows. */
const textByDefault = /(?=\p{Extended_Pictographic})\P{Emoji_Presentation}(?!\p{Emoji_Modifier})/gv;
const keycap = /^([0-9#*])\u20e3$/;

/**
 * A text with the U+FE0F that its emoji ask for and no other: keyboards leave it out or double it, and the same picture
 * must not count twice. Other texts may change too; `isEmoji` refuses them.
 */
export function qualified(text: string): string {
  if (text.length > maxEmojiLength) {
    return text;
  }
  return text
    .replaceAll("\ufe0f", "")
    .replaceAll(textByDefault, "$&\ufe0f")
    .replace(keycap, "$1\ufe0f\u20e3");
}

/** Whether a qualified text is one emoji that Unicode recommends for interchange (UTS #51, RGI), as far as the runtime knows them. */
export function isEmoji(text: string): boolean {
  return text.length <= maxEmojiLength && recommended.test(text);
}
