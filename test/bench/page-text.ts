import { previewOf } from "../../src/protocol/preview.ts";
import { isEmojiOnly } from "../../src/web/reading/emoji-only.ts";
import { findLinks } from "../../src/web/reading/links.ts";
import { median } from "./statistics.ts";

const characters = 16_000;
const mostMs = 50;
const runs = 20;

/** Texts as somebody would choose them who wants to slow the reader's page down. */
const patterns: Readonly<Record<string, string>> = {
  "one link and closing brackets": ")",
  "brackets in pairs": "])",
  "links one after another": " http://a.example/",
  "combining marks": "\u0316\u0301",
  "emoji with skin tones": "👍🏽",
  newlines: "\n",
};

/** A line on what the chat page does with the text of the slowest message before the browser draws it. */
export function pageTextLine(): string {
  const measured = Object.entries(patterns).map(([name, pattern]) => {
    const start = "http://a.example/";
    const text = start + pattern.repeat((characters - start.length) / pattern.length);
    return { name, ms: median(Array.from({ length: runs }, () => msOf(text))) };
  });
  const slowest = measured.reduce((one, other) => (other.ms > one.ms ? other : one));
  const verdict = slowest.ms <= mostMs ? "within" : "ABOVE";
  return `The page, a message of ${characters} characters, text work each time its row is drawn: ${slowest.ms.toFixed(1)} ms (median; slowest: ${slowest.name}), ${verdict} ${mostMs} ms`;
}

function msOf(text: string): number {
  const startedAtMs = performance.now();
  findLinks(text);
  isEmojiOnly(text);
  previewOf(text);
  return performance.now() - startedAtMs;
}
