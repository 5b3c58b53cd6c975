import { expect, test } from "vitest";
import { comparisonOf, type ComparedPart } from "../../src/archive/comparison.ts";
import { noFlags } from "../../src/model/flags.ts";
import type { StoredMessage } from "../../src/model/message.ts";
import type { ConversationSummary } from "../../src/model/summary.ts";
import { plainMessage } from "./filled-log.ts";

const summary: ConversationSummary = {
  users: { a: "alice", b: "bob" },
  rev: 3,
  head: 3,
  last: { author: "a", text: "text 3", createdAtMs: 1_003 },
  countA: 2,
  read: { a: 2, b: 1 },
  readCounts: { a: 1, b: 1 },
  flags: noFlags,
};

const three = [1, 2, 3].map(plainMessage);
const all = { rev: 3, summary: true };
const part = (
  messages: readonly StoredMessage[],
  of: ConversationSummary | undefined = summary,
): ComparedPart => ({
  messages,
  summary: of,
});

function reversed<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).toReversed()) as T;
}

function ofSummaries(own: ConversationSummary, row: ConversationSummary) {
  return comparisonOf(part([], own), part([], row), all).differences;
}

test("[VE2] equal rows are no difference, in whatever order their keys stand", () => {
  const shuffled = { ...summary, flags: reversed(noFlags), read: reversed(summary.read) };
  expect(comparisonOf(part(three), part(three, shuffled), all)).toEqual({
    checked: 3,
    pending: 0,
    differences: [],
  });
});

test("[VE2] a preview stands in the archive for the newest message's text, and nothing for that of a deleted one", () => {
  const long = { ...summary, last: { author: "a", text: "x".repeat(500), createdAtMs: 1_003 } } as const;
  const preview = { ...long, last: { ...long.last, text: "x".repeat(140) } };
  const gone = { ...long, last: { ...long.last, text: null } };
  expect(ofSummaries(long, preview)).toEqual([]);
  expect(ofSummaries(gone, gone)).toEqual([]);
  expect(ofSummaries(gone, preview)).toEqual([{ kind: "differs", columns: ["last"] }]);
  expect(ofSummaries({ ...summary, last: undefined }, summary)).toEqual([
    { kind: "differs", columns: ["last"] },
  ]);
});

const columns = Object.keys(plainMessage(2)) as (keyof StoredMessage)[];
test.each(columns.filter((column) => column !== "seq"))(
  "[VE2] a message whose %s differs is reported by that name alone",
  (column) => {
    const wrong = { ...plainMessage(2), [column]: "something else" };
    const archive = part([plainMessage(1), wrong, plainMessage(3)]);
    expect(comparisonOf(part(three), archive, all)).toEqual({
      checked: 3,
      pending: 0,
      differences: [{ seq: 2, kind: "differs", columns: [column] }],
    });
  },
);

test.each(Object.keys(summary))("[VE2] a summary whose %s differs is reported by that name alone", (name) => {
  const wrong = { ...summary, [name]: 77 };
  expect(comparisonOf(part(three), part(three, wrong), all).differences).toEqual([
    { kind: "differs", columns: [name] },
  ]);
});

test("[VE2] missing and extra rows are reported by their number, the summary first", () => {
  const archive = { messages: [plainMessage(1), plainMessage(3), plainMessage(9)], summary: undefined };
  expect(comparisonOf(part(three), archive, all).differences).toEqual([
    { kind: "missing" },
    { seq: 2, kind: "missing" },
    { seq: 9, kind: "extra" },
  ]);
  const nobody = { messages: [], summary: undefined };
  expect(comparisonOf(nobody, part([]), all).differences).toEqual([{ kind: "extra" }]);
});

test("[VE2] what is not covered yet is pending where it is not the same already", () => {
  const edited = { ...plainMessage(1), rev: 4, text: "anew" };
  const record = part([edited, plainMessage(2), plainMessage(3)], { ...summary, rev: 4 });
  const behind = { rev: 3, summary: false };
  expect(comparisonOf(record, part([plainMessage(1), plainMessage(3)]), behind)).toEqual({
    checked: 2,
    pending: 2,
    differences: [{ seq: 2, kind: "missing" }],
  });
  expect(comparisonOf(record, record, behind)).toEqual({ checked: 3, pending: 0, differences: [] });
});
