import fc from "fast-check";
import { expect, test } from "vitest";
import { previewOf } from "../../../src/protocol/preview.ts";
import { isEmojiOnly } from "../../../src/web/reading/emoji-only.ts";
import { findLinks } from "../../../src/web/reading/links.ts";
import { shownText } from "../../../src/web/reading/message-text.ts";
import { initialsOf } from "../../../src/web/reading/person.ts";
import { textToSend } from "../../../src/web/reading/typed-text.ts";

const characters = 8_000;
/** Twice the text takes twice the time; quadratic work takes four times as long. */
const mostRatio = 3;
/** What is measured takes at least so long: shorter times are mostly noise. */
const leastMs = 4;
/** On a busy machine some rounds are disturbed: it goes on until the ratio is small enough, or all this time has shown none. */
const patienceMs = 8_000;

/** Everything that a text goes through on its way to the screen. */
function showText(text: string): void {
  findLinks(text);
  isEmojiOnly(text);
  previewOf(text);
  initialsOf(text);
  shownText(text);
  textToSend(text);
}

/** A text of so many characters: a beginning, a pattern again and again, an end. */
interface Shape {
  readonly start: string;
  readonly pattern: string;
  readonly end: string;
}

function textOf({ start, pattern, end }: Shape, length: number): string {
  const room = Math.max(0, length - start.length - end.length);
  return start + pattern.repeat(Math.floor(room / pattern.length)) + end;
}

/** Of the best of several runs each: what else the machine does only adds time. */
function ratioOf(work: (text: string) => void, short: string, long: string): number {
  // What is slow the first time is the compiler.
  [long, short].forEach(work);
  const repetitions = Math.ceil(leastMs / Math.max(msOf(work, short), leastMs / 100));
  const endsAtMs = performance.now() + patienceMs;
  let [shortMs, longMs] = [Infinity, Infinity];
  for (let round = 1; performance.now() < endsAtMs; round += 1) {
    shortMs = Math.min(shortMs, msOf(work, short, repetitions));
    longMs = Math.min(longMs, msOf(work, long, repetitions));
    // A single short run may have been disturbed, which makes the ratio too small.
    if (round >= 3 && longMs <= mostRatio * shortMs) {
      break;
    }
  }
  return longMs / shortMs;
}

function msOf(work: (text: string) => void, text: string, repetitions = 1): number {
  const startedAtMs = performance.now();
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    work(text);
  }
  return performance.now() - startedAtMs;
}

const pieces = [
  ...["http://", "https://a.example/", "http://a.example/?q=", "//", "/..", "www.", "@", ":", "%", "#"],
  ...["(", ")", "[", "]", "{", "}", "<", ">", "])", "()", "!?", ".", "…", "»", "*", "_"],
  ...["👍", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "1️⃣", "\u200d", "\ufe0f", "\u{1f3fd}"],
  ...["a", "\u0301", "\u0316\u0301", "\u0489", "م", "李", "\u202e", "\u00ad"],
  ...["\n", "\r\n", " ", "\t", "\u00a0", "\u2028", "\n\n  "],
];
const someOf = (maxLength: number, minLength = 0) =>
  fc.array(fc.constantFrom(...pieces), { minLength, maxLength }).map((some) => some.join(""));
const shapes = fc.record({ start: someOf(3), pattern: someOf(4, 1), end: someOf(2) });

test("[WEB1] a text of 16,000 characters takes at most three times as long as one of 8,000, whatever it is made of", () => {
  const shown = (start: string, pattern: string) => [{ start, pattern, end: "" }] as [Shape];
  fc.assert(
    fc.property(shapes, (shape) => {
      const [short, long] = [textOf(shape, characters), textOf(shape, 2 * characters)];
      expect(ratioOf(showText, short, long)).toBeLessThanOrEqual(mostRatio);
    }),
    {
      numRuns: 40,
      examples: [
        shown("http://a.example/", ")"),
        shown("http://a.example/", "])"),
        shown("http://a", "\u0316\u0301"),
        shown("a", "\u0316\u0301"),
        shown("", "http://a.example/ "),
        shown("", "\n"),
      ],
    },
  );
});

test("[WEB14] whether a text is only emoji is not found out by trying every way to cut it", () => {
  const hands = (count: number) => `${"👍🏽".repeat(count)}x`;
  // Fifteen hands take as long as seven; to try every way would take 256 times as long.
  expect(ratioOf(isEmojiOnly, hands(7), hands(15))).toBeLessThan(30);
});

test("[WEB1] links end where they ended before the work was linear", () => {
  const linked = (text: string) => findLinks(text).find(({ href }) => href !== undefined)?.text;
  expect(linked("http://a.example/(b))).")).toBe("http://a.example/(b)");
  expect(linked("http://a.example/[b](c)])")).toBe("http://a.example/[b](c)");
  expect(linked("http://a.example/)x")).toBe("http://a.example/)x");
  expect(linked(`http://a.example/${")".repeat(16_000)}`)).toBe("http://a.example/");
  // No host is so long, and to normalise one takes the square of its length.
  expect(linked(`http://${"a".repeat(513)}/`)).toBeUndefined();
  expect(linked(`http://a.example/${"b".repeat(16_000)}`)).toHaveLength(16_017);
});
