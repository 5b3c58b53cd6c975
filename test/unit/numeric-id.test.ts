import { expect, test } from "vitest";
import { numericIdSchema, toNumericId } from "../../src/protocol/numeric-id.ts";

test("[RA10] an id that is the canonical decimal text of a safe integer is written as a number, any other as text", () => {
  for (const number of [0, 7, 42, -3, Number.MAX_SAFE_INTEGER]) {
    expect(toNumericId(String(number))).toBe(number);
  }
  const others = [
    "",
    " 1",
    "01",
    "1.0",
    "1e3",
    "0x10",
    "-0",
    "+1",
    "NaN",
    "Infinity",
    "9007199254740992",
    "a",
  ];
  expect(others.map(toNumericId)).toEqual(others);
});

test("[RA10] an id is taken as text or as a safe integer, and both give the same text", () => {
  for (const id of ["42", "-3", "alice@mail.example", "01"]) {
    expect(numericIdSchema.parse(id)).toBe(id);
    expect(numericIdSchema.parse(toNumericId(id))).toBe(id);
  }
  expect(numericIdSchema.parse(-0)).toBe("0");
  for (const none of [1.5, 2 ** 53, Number.NaN, null, undefined, "", ".", "é", true, [42], "x".repeat(129)]) {
    expect(numericIdSchema.safeParse(none).success).toBe(false);
  }
});
