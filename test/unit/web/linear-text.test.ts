import { array, assert, constantFrom, property, record } from "fast-check";
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
/** Shorter times are noise. */
const leastMs = 0.05;
const leastRounds = 6;
/** Rounds go on until the ratio is small enough, or all this time has shown none. */
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

/**
 * Of the fastest of many single runs each: what else the machine does only adds time, and a short run is most likely to
 * come through without it.
 */
function ratioOf(work: (text: string) => void, short: string, long: string): number {
  const endsAtMs = performance.now() + patienceMs;
  let [shortMs, longMs] = [Infinity, Infinity];
  for (let round = 1; performance.now() < endsAtMs; round += 1) {
    shortMs = Math.min(shortMs, msOf(work, short));
    longMs = Math.min(longMs, msOf(work, long));
    if (round >= leastRounds && longMs <= mostRatio * shortMs) {
      break;
    }
  }
  return longMs / shortMs;
}

function msOf(work: (text: string) => void, text: string): number {
  const startedAtMs = performance.now();
  work(text);
  return Math.max(leastMs, performance.now() - startedAtMs);
}

const pieces = [
  "http:// https://a.example/ http://a.example/?q= // /.. www. @ : % #",
  "( ) [ ] { } < > ]) () !? . … » * _",
  "👍 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 1️⃣ \u200d \ufe0f \u{1f3fd}",
  "a \u0301 \u0316\u0301 \u0489 م 李 \u202e \u00ad",
]
  .flatMap((some) => some.split(" "))
  .concat("\n", "\r\n", " ", "\t", "\u00a0", "\u2028", "\n\n  ");
const someOf = (maxLength: number, minLength = 0) =>
  array(constantFrom(...pieces), { minLength, maxLength }).map((some) => some.join(""));
const shapes = record({ start: someOf(3), pattern: someOf(4, 1), end: someOf(2) });

function repeated(start: string, pattern: string): [Shape] {
  return [{ start, pattern, end: "" }];
}

test("[WEB1] a text of 16,000 characters takes at most three times as long as one of 8,000, whatever it is made of", () => {
  assert(
    property(shapes, (shape) => {
      const [short, long] = [textOf(shape, characters), textOf(shape, 2 * characters)];
      expect(ratioOf(showText, short, long)).toBeLessThanOrEqual(mostRatio);
    }),
    {
      numRuns: 40,
      examples: [
        repeated("http://a.example/", ")"),
        repeated("http://a.example/", "])"),
        repeated("http://a", "\u0316\u0301"),
        repeated("a", "\u0316\u0301"),
        repeated("", "http://a.example/ "),
        repeated("", "\n"),
      ],
    },
  );
});

test("[WEB14] whether a text is only emoji is not found out by trying every way to cut it", () => {
  // Fifteen hands take as long as seven; to try every way would take 256 times as long.
  expect(ratioOf(isEmojiOnly, `${"👍🏽".repeat(7)}x`, `${"👍🏽".repeat(15)}x`)).toBeLessThan(30);
});

function linked(text: string): string | undefined {
  return findLinks(text).find(({ href }) => href !== undefined)?.text;
}

test("[WEB1] links end where they ended before the work was linear", () => {
  expect(linked("http://a.example/(b))).")).toBe("http://a.example/(b)");
  expect(linked("http://a.example/[b](c)])")).toBe("http://a.example/[b](c)");
  expect(linked("http://a.example/)x")).toBe("http://a.example/)x");
  expect(linked(`http://a.example/${")".repeat(16_000)}`)).toBe("http://a.example/");
  // No host is so long, and to normalise one takes the square of its length.
  expect(linked(`http://${"a".repeat(513)}/`)).toBeUndefined();
  expect(linked(`http://a.example/${"b".repeat(16_000)}`)).toHaveLength(16_017);
});
