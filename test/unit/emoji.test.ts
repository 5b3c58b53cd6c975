import { expect, test } from "vitest";
import { isEmoji, qualified } from "../../src/protocol/emoji.ts";

const zwj = "\u200d";
const selector = "\ufe0f";
const tones = ["\u{1f3fb}", "\u{1f3fc}", "\u{1f3fd}", "\u{1f3fe}", "\u{1f3ff}"];
const recommended = /^\p{RGI_Emoji}$/v;

const withSelectors = (text: string): string[] => [text, text + selector];

/** What follows another one in a joined emoji. */
const seconds = [
  ...Array.from("♂♀⚕⚖✈⚧☠⬛❄🌫↔↕🗨➡").flatMap(withSelectors),
  ...Array.from("🌾🍳🎓🎤🎨🏫🏭💻💼🔧🔬🚀🚒🦯🦼🦽🦰🦱🦲🦳🍼🎄🩰🌈🦺🔥🩹💨💫💥🟩🟫🤝"),
];

/** Every recommended emoji of one code point, with a selector where it asks for one, and with each skin tone it takes. */
function singles(): string[] {
  const found: string[] = [];
  for (let point = 0x23; point <= 0x1fbff; point += 1) {
    const one = String.fromCodePoint(point);
    if (/\p{Emoji}/u.test(one)) {
      found.push(...[...withSelectors(one), ...tones.map((tone) => one + tone)].filter(isRecommended));
    }
  }
  return found;
}

/** Those joined of others: pairs, longer ones, couples and families. */
function joined(parts: readonly string[]): string[] {
  const pairs = parts.flatMap((one) => seconds.map((other) => one + zwj + other)).filter(isRecommended);
  const followers = [...new Set(pairs.map((pair) => pair.slice(pair.lastIndexOf(zwj) + 1)))];
  const longer = pairs.flatMap((pair) => followers.map((follower) => pair + zwj + follower));
  const people = parts.filter((part) => /^[\u{1f468}\u{1f469}\u{1f9d1}]/u.test(part));
  const links = ["", `\u2764${selector}${zwj}`, `\u2764${selector}${zwj}\u{1f48b}${zwj}`, `\u{1f91d}${zwj}`];
  const couples = people.flatMap((one) =>
    links.flatMap((link) => people.map((other) => one + zwj + link + other)),
  );
  const children = ["\u{1f466}", "\u{1f467}", "\u{1f9d2}"];
  const families = [...people, ...pairs, ...couples].flatMap((elders) =>
    children.flatMap((one) => [
      elders + zwj + one,
      ...children.map((other) => elders + zwj + one + zwj + other),
    ]),
  );
  return [...pairs, ...[...longer, ...couples, ...families].filter(isRecommended)];
}

const letters = Array.from({ length: 26 }, (_, nth) => String.fromCodePoint(0x1f1e6 + nth));
const flags = letters.flatMap((one) => letters.map((other) => one + other)).filter(isRecommended);
const keycaps = Array.from("0123456789#*", (key) => `${key}${selector}\u20e3`);
const tags = (name: string) =>
  Array.from(name, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join("");
const regions = ["gbeng", "gbsct", "gbwls"].map((name) => `\u{1f3f4}${tags(name)}\u{e007f}`);

function isRecommended(text: string): boolean {
  return recommended.test(text);
}

const parts = singles();
const all = [...new Set([...parts, ...joined(parts), ...flags, ...keycaps, ...regions])];

test("[RE1] each recommended emoji is one, and spelled as it is: single ones, toned, joined, flags and keycaps", () => {
  expect(all.length).toBeGreaterThan(3_700);
  expect(all.filter((emoji) => !isEmoji(emoji) || qualified(emoji) !== emoji)).toEqual([]);
});

test("[RE1] without any U+FE0F, with only some of them, or with doubled ones, each is the same emoji", () => {
  const differing = all.filter((emoji) => {
    const places = [...emoji.matchAll(/\ufe0f/gu)].map(({ index }) => index);
    const spellings = [
      emoji.replaceAll(selector, ""),
      emoji.replaceAll(selector, selector + selector),
      ...places.map((place) => emoji.slice(0, place) + emoji.slice(place + 1)),
    ];
    return spellings.some((spelling) => qualified(spelling) !== emoji);
  });
  expect(differing).toEqual([]);
});

test("[RE1] a letter, a word, a digit, spaces and nothing are no emoji", () => {
  for (const text of [
    "",
    " ",
    "a",
    "like",
    "1",
    "#",
    "*",
    "©x",
    ":)",
    ":+1:",
    "\u0000",
    "\ud83d",
    "é",
    "✓",
  ]) {
    expect([text, isEmoji(qualified(text))]).toEqual([text, false]);
  }
});

test("[RE1] two emoji are not one, whatever stands between them", () => {
  const some = ["👍", "❤️", "👍🏽", "🇩🇪", "1️⃣", "👩‍💻", "🏳️‍🌈"];
  const two = some.flatMap((one) =>
    some.flatMap((other) => [one + other, `${one} ${other}`, `${one}\n${other}`]),
  );
  expect(two.filter((text) => isEmoji(qualified(text)))).toEqual([]);
});

test("[RE1] parts of emoji, and joined ones that nobody draws, are none", () => {
  const rubbish = [
    zwj,
    selector,
    "\u20e3",
    "\u{1f1e6}",
    "🇽🇽",
    `👍${zwj}`,
    `${zwj}👍`,
    `👍${zwj}👎`,
    `👩${zwj}💻${zwj}💻`,
    `👩${zwj}${zwj}💻`,
    "👍🏽🏽",
    "💻🏽",
    "a\u20e3",
    "\u{1f3f4}\u{e0067}\u{e0062}",
    `👍${zwj}`.repeat(12),
  ];
  expect(rubbish.filter((text) => isEmoji(qualified(text)))).toEqual([]);
});

test("[RE1] around an emoji nothing else is borne", () => {
  const around = ["x", " ", "\n", "\u0000", "\u200b", "\ufeff", "\u0301", "\ud83d"];
  const texts = around.flatMap((one) => [`👍${one}`, `${one}👍`]);
  expect(texts.filter((text) => isEmoji(qualified(text)))).toEqual([]);
});

test("[RE1] sixty-four characters and more are looked at no further", () => {
  for (const text of ["👍".repeat(33), "👍".repeat(30_000), `👍${selector.repeat(1_000_000)}`]) {
    expect(qualified(text)).toBe(text);
    expect(isEmoji(text)).toBe(false);
  }
});
