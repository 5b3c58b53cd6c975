import { expect, test } from "vitest";
import { previewOf } from "../../src/protocol/preview.ts";
import { fitsBytes, textFault } from "../../src/protocol/text.ts";

test("[SE8] a text may fill its bytes of UTF-8 and not one more", () => {
  expect(textFault("a".repeat(16), 16)).toBeUndefined();
  expect(textFault("a".repeat(17), 16)).toContain("over 16 bytes");
  expect(textFault("é".repeat(8), 16)).toBeUndefined();
  expect(textFault(`${"é".repeat(8)}a`, 16)).toContain("over 16 bytes");
  expect(textFault("😀".repeat(4), 16)).toBeUndefined();
  expect(textFault("😀".repeat(5), 16)).toContain("over 16 bytes");
});

test("[SE8] empty, ill-formed and U+0000 texts are refused, odd but whole ones are not", () => {
  expect(textFault("", 16)).toBe("text is empty");
  expect(textFault("a\ud800", 16)).toContain("lone surrogate");
  expect(textFault("\udc00a", 16)).toContain("lone surrogate");
  expect(textFault("a\u0000b", 16)).toContain("U+0000");
  for (const fine of [" ", "\u2028", "\n", "\u200f", "👩‍👩‍👧"]) {
    expect(textFault(fine, 64)).toBeUndefined();
  }
});

test("[ER5] the byte count is exact on both sides of the edge, whatever the characters", () => {
  for (const [character, bytes] of [
    ["a", 1],
    ["é", 2],
    ["€", 3],
    ["😀", 4],
  ] as const) {
    expect(fitsBytes(character.repeat(100), 100 * bytes)).toBe(true);
    expect(fitsBytes(character.repeat(100), 100 * bytes - 1)).toBe(false);
  }
});

test("a preview ends where a reader sees a character end, within 140 characters", () => {
  expect(previewOf("a".repeat(140))).toBe("a".repeat(140));
  expect(previewOf("a".repeat(141))).toBe("a".repeat(140));
  const family = "👩‍👩‍👧‍👦";
  const cut = previewOf("a".repeat(135) + family + family);
  expect(cut).toBe("a".repeat(135));
});
