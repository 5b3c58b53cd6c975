const mostEmoji = 3;
const oneEmoji = /^\p{RGI_Emoji}$/v;
/** Longer than three emoji with all their joined parts. */
const mostCharacters = 64;

/**
 * Whether a text is nothing but a few emoji, which are shown large. Each character is matched alone: one expression for
 * all of them would try every way to cut an emoji with a skin tone in two.
 */
export function isEmojiOnly(text: string): boolean {
  if (text.length > mostCharacters) {
    return false;
  }
  const characters = Array.from(new Intl.Segmenter().segment(text.replaceAll(/\s/g, "")));
  return (
    characters.length > 0 &&
    characters.length <= mostEmoji &&
    characters.every(({ segment }) => oneEmoji.test(segment))
  );
}
