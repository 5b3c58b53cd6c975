import { expect, test } from "vitest";
import { isVisible, shownText } from "../../../src/web/reading/message-text.ts";
import { textToSend } from "../../../src/web/reading/typed-text.ts";

test("[WEB14] the first line keeps its indentation, and empty lines around a text are not sent", () => {
  expect(textToSend("    if (a) {\n      b();\n    }\n")).toBe("    if (a) {\n      b();\n    }");
  expect(textToSend("\n \t\n\tindented  ")).toBe("\tindented");
  expect([" ", "\n\n", " \n\t\n "].map(textToSend)).toEqual(["", "", ""]);
});

test("[WEB14] a message that shows nothing has a stand-in; one that shows anything has its own text", () => {
  for (const nothing of ["", "  \n", "\u200b\u2060\u00ad", "\u2800", "\u3164", "\u0000\u0007"]) {
    expect(shownText(nothing)).toBe("Message without text");
  }
  for (const text of ["a", "👍", "\u0301", " . ", "\u200bx", "李", "🏳️‍🌈"]) {
    expect([isVisible(text), shownText(text)]).toEqual([true, text]);
  }
});
