import { expect, test } from "vitest";
import { dataFault } from "../../src/protocol/data.ts";

const nested = (levels: number, innermost = "{}") =>
  JSON.parse('{"a":'.repeat(levels - 1) + innermost + "}".repeat(levels - 1)) as unknown;
const listed = (levels: number) =>
  JSON.parse(`{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`) as unknown;

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;

test("[DA2] what is no object is refused", () => {
  for (const value of [[], [{}], "{}", "", 0, 1, Number.NaN, null, true, false]) {
    expect(dataFault(value)).toBe("data is not an object");
  }
});

test("[DA2] objects of every kind of value fit, the empty one too", () => {
  for (const text of [
    "{}",
    `{"":""}`,
    `{"a":[null,true,false,0,-1,1.5,1e-7,"x",{},[]]}`,
    `{"a":9007199254740991,"b":-9007199254740991,"c":0.1,"d":5e-324}`,
    `{"__proto__":{"x":1},"constructor":{"prototype":1},"toJSON":"x","hasOwnProperty":0}`,
    `{"a":"\\ud83d","\\ude00":"\\u0000"}`,
  ]) {
    const value: unknown = JSON.parse(text);
    expect([text, dataFault(value)]).toEqual([text, undefined]);
    expect(JSON.parse(JSON.stringify(value))).toEqual(value);
  }
});

test("[DA2] 32 objects or arrays in each other fit, 33 do not, wherever they lie", () => {
  for (const make of [nested, listed]) {
    expect(dataFault(make(32))).toBeUndefined();
    expect(dataFault(make(33))).toContain("32 levels");
    expect(dataFault({ first: 1, other: [make(30)] })).toBeUndefined();
    expect(dataFault({ first: 1, other: [make(31)] })).toContain("32 levels");
  }
});

test("[DA2] a depth that would exhaust the stack is refused like any other", () => {
  expect(dataFault(nested(100_000))).toContain("32 levels");
  expect(dataFault(listed(1_000_000))).toContain("32 levels");
});

test("[DA2] 4,096 bytes of JSON in UTF-8 fit, 4,097 do not, whatever characters they are of", () => {
  for (const letter of ["x", "é", "€", "😀", '"', "\\", "\n", "\u0000", "\ud83d"]) {
    const each = bytes({ a: letter }) - bytes({ a: "" });
    const room = 4_096 - bytes({ a: "" });
    const text = letter.repeat(Math.floor(room / each)) + "x".repeat(room % each);
    expect(bytes({ a: text })).toBe(4_096);
    expect(dataFault({ a: text })).toBeUndefined();
    expect(dataFault({ a: `${text}x` })).toContain("4096 bytes");
    expect(dataFault({ [text]: "a" })).toBeUndefined();
    expect(dataFault({ [`${text}x`]: "a" })).toContain("4096 bytes");
  }
});

test("[DA2] numbers that JSON readers change are refused, at any depth", () => {
  for (const number of ["9007199254740992", "-9007199254740992", "1e22", "1.5e300", "1e400", "-1e400"]) {
    for (const text of [`{"a":${number}}`, `{"a":[0,{"b":${number}}]}`]) {
      expect([text, dataFault(JSON.parse(text))]).toEqual([text, expect.stringContaining("number")]);
    }
  }
});
