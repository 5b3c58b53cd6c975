import { expect, test } from "vitest";
import { count, flag, readArguments, text, UsageError, wholeNumber } from "../../src/commands/arguments.ts";

const command = {
  usage: "Usage",
  options: { all: flag, url: text("an address"), batch: count(500, 1, 1_000), from: count(1) },
  positionals: { what: "one file", low: 1, high: 1 },
};
const read = (...argv: string[]) => readArguments(command, argv);

test("options, numbers and what stands beside them are read, in any order", () => {
  expect(read("--all", "a.jsonl", "--batch", "1000", "--url=https://a.example")).toMatchObject({
    positionals: ["a.jsonl"],
    values: { all: true, url: "https://a.example", batch: 1_000, from: 1 },
    given: new Set(["all", "batch", "url"]),
  });
  expect(read("a.jsonl")).toMatchObject({ values: { all: false, url: undefined, batch: 500, from: 1 } });
});

test.each([[["--help"]], [["-h"]], [["a.jsonl", "--help"]], [["--all", "-h", "--batch", "7"]]])(
  "%j asks for help",
  (argv) => {
    expect(read(...argv)).toBe("help");
  },
);

test.each([
  [["a.jsonl", "--bach", "7"], "Unknown option '--bach'."],
  [["a.jsonl", "-b", "7"], "Unknown option '-b'."],
  [["a.jsonl", "--no-all"], "Unknown option '--no-all'."],
  [["a.jsonl", "--batch"], "--batch"],
  [["a.jsonl", "--batch", "--all"], "--batch"],
  [["a.jsonl", "--batch="], "--batch"],
  [["a.jsonl", "--url"], "--url"],
  [["a.jsonl", "--url="], "--url needs an address."],
  [["a.jsonl", "--all=yes"], "--all"],
  [["a.jsonl", "--batch", "0"], `--batch is "0"; it must be a whole number from 1 to 1000.`],
  [["a.jsonl", "--batch", "1001"], "from 1 to 1000"],
  [["a.jsonl", "--from", "0"], "from 1 on"],
  [["a.jsonl", "--batch", "5", "--batch", "6"], "--batch was given twice."],
  [["a.jsonl", "b.jsonl"], `This command takes one file; given: "a.jsonl" "b.jsonl".`],
  [[], "This command takes one file; none was given."],
  [[""], "This command takes one file"],
])("%j is refused with a sentence", (argv, message) => {
  expect(() => read(...argv)).toThrow(UsageError);
  expect(() => read(...argv)).toThrow(message);
});

test("what is not a whole number in decimal digits, in its range, is named and not reinterpreted", () => {
  for (const given of [
    "abc",
    "",
    " 8787",
    "8787 ",
    "1e3",
    "0x10",
    "+5",
    "-5",
    "5.0",
    "5k",
    "1_000",
    "1,000",
    "٥",
    "NaN",
    "Infinity",
    "99999999999999999999",
  ]) {
    const attempt = () => wholeNumber("PORT", given, 1, 65_535);
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow(`PORT is ${JSON.stringify(given)}; it must be a whole number from 1 to 65535.`);
  }
  for (const given of ["0", "65536", "70000"]) {
    expect(() => wholeNumber("PORT", given, 1, 65_535)).toThrow(UsageError);
  }
  expect(["1", "8787", "65535"].map((given) => wholeNumber("PORT", given, 1, 65_535))).toEqual([
    1, 8_787, 65_535,
  ]);
});

const taken = (environment: Record<string, string>) => () => readArguments(command, ["a.jsonl"], environment);

test("an option that npm took for itself is named: without -- the command would run without it", () => {
  expect(taken({ npm_config_all: "true" })).toThrow("put -- before the arguments");
  expect(taken({ npm_config_url: "https://a.example" })).toThrow("npm took --url for itself");
  expect(taken({ npm_config_loglevel: "silent" })()).not.toBe("help");
});
