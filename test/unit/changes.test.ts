import { expect, test } from "vitest";
import { replaySince } from "../../src/conversation/replay.ts";
import { readSettings } from "../../src/settings.ts";
import { filledLog, plainMessage } from "./filled-log.ts";
import { changesSince, seqAtRev } from "../../src/conversation/message-store.ts";

const { limits } = readSettings({});
const budget = { rows: 1_000, characters: 100_000 };
const pair = { a: "alice", b: "bob" };

/** Ten messages; then 3 and 7 were edited (rev 11, 12), an eleventh came (13), 3 was edited again (14). */
function editedLog() {
  const { log } = filledLog(10);
  const edit = (seq: number, rev: number, text: string) =>
    log.put({ ...plainMessage(seq), rev, text, editedAtMs: 5_000 });
  edit(7, 12, "seven again");
  log.append({ ...plainMessage(11), rev: 13, createdRev: 13 });
  edit(3, 14, "three, twice");
  return { log, position: { head: 11, rev: 14 } };
}

test("the newest seq at each revision is exact, with and without changes between", () => {
  const { log, position } = editedLog();
  const expected = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10, 11, 11];
  expect(expected.map((_, rev) => seqAtRev(log, position, rev))).toEqual(expected);
});

test("the newest seq at a revision is exact across a jump of the numbers", () => {
  const { log } = filledLog(10);
  log.append({ ...plainMessage(11), rev: 1_000_011, createdRev: 1_000_011 });
  const position = { head: 11, rev: 1_000_011 };
  expect([5, 10, 500_000, 1_000_010, 1_000_011].map((rev) => seqAtRev(log, position, rev))).toEqual([
    5, 10, 10, 10, 11,
  ]);
});

test("[RP2] what changed comes in order of rev, each message once in its newest form, with holes", () => {
  const { log, position } = editedLog();
  const since = (rev: number) =>
    changesSince(log, position, rev, budget).messages.map((row) => [row.rev, row.seq]);
  expect(since(9)).toEqual([
    [10, 10],
    [12, 7],
    [13, 11],
    [14, 3],
  ]);
  expect(since(12)).toEqual([
    [13, 11],
    [14, 3],
  ]);
  expect(since(14)).toEqual([]);
  expect(since(0).length).toBe(11);
  expect(changesSince(log, position, 9, { ...budget, rows: 2 })).toMatchObject({
    upTo: 12,
    messages: [{ rev: 10 }, { rev: 12 }],
  });
});

test("[RP2] a replay shows an edited message with its new text and time", () => {
  const { log, position } = editedLog();
  const replay = replaySince(log, pair, limits, { ...position, minValidRev: 0 }, 13);
  expect(replay).toMatchObject({
    kind: "messages",
    messages: [{ seq: 3, rev: 14, text: "three, twice", editedAt: 5_000 }],
  });
});

test("[RP3] 1,000 changes are replayed, 1,001 are a reset; fifty edits of one message are one change", () => {
  const { log } = filledLog(1_001);
  const position = { head: 1_001, rev: 1_001, minValidRev: 0 };
  expect(replaySince(log, pair, limits, position, 0).kind).toBe("reset");
  expect(replaySince(log, pair, limits, position, 1)).toMatchObject({ kind: "messages" });
  log.put({ ...plainMessage(5), rev: 6_001 });
  expect(replaySince(log, pair, limits, { ...position, rev: 6_001 }, 1_001)).toMatchObject({
    messages: [{ seq: 5 }],
  });
});

test("[RP3] 1 MiB is replayed, a byte more is a reset", () => {
  const { log } = filledLog(0);
  const big = { ...plainMessage(1), text: "x".repeat(500) };
  log.append(big);
  const bytes = JSON.stringify({
    seq: 1,
    rev: 1,
    id: "m1",
    author: "alice",
    text: big.text,
    createdAt: 1_001,
  }).length;
  const position = { head: 1, rev: 1, minValidRev: 0 };
  expect(replaySince(log, pair, { ...limits, maxReplayBytes: bytes }, position, 0).kind).toBe("messages");
  expect(replaySince(log, pair, { ...limits, maxReplayBytes: bytes - 1 }, position, 0).kind).toBe("reset");
});

test("[RP3] a cursor above rev, or of a history before the floor, is a reset", () => {
  const { log } = filledLog(3);
  expect(replaySince(log, pair, limits, { head: 3, rev: 3, minValidRev: 0 }, 4).kind).toBe("reset");
  expect(replaySince(log, pair, limits, { head: 3, rev: 9, minValidRev: 8 }, 7).kind).toBe("reset");
  expect(replaySince(log, pair, limits, { head: 3, rev: 9, minValidRev: 8 }, 8).kind).toBe("messages");
});

test("[RP2] a read that is cut ends before the first change it cannot vouch for, whichever source was cut", () => {
  const { log, position } = editedLog();
  const whole = changesSince(log, position, 0, budget).messages.map((row) => row.rev);
  for (let rows = 1; rows <= whole.length; rows += 1) {
    const cut = changesSince(log, position, 0, { ...budget, rows });
    expect(cut.messages.length).toBeGreaterThan(0);
    expect(cut.messages.map((row) => row.rev)).toEqual(whole.slice(0, cut.messages.length));
    expect(cut.upTo >= position.rev).toBe(cut.messages.length === whole.length);
  }
});

test("[AR4] new and changed messages together stay within the characters of a budget", () => {
  const { log, position } = editedLog();
  const all = changesSince(log, position, 0, budget).messages.map(({ text }) => text.length);
  for (let characters = 1; characters <= 100; characters += 1) {
    const { messages } = changesSince(log, position, 0, { rows: 100, characters });
    const size = messages.reduce((sum, { text }) => sum + text.length, 0);
    expect(messages.length === 1 || size <= characters).toBe(true);
    expect(messages.map(({ text }) => text.length)).toEqual(all.slice(0, messages.length));
  }
});

test("[AR4] following cut reads from revision to revision meets every change", () => {
  const { log, position } = editedLog();
  const met: number[] = [];
  for (let rev = 0, isWhole = false; !isWhole;) {
    const cut = changesSince(log, position, rev, { rows: 100, characters: 20 });
    met.push(...cut.messages.map((row) => row.rev));
    rev = cut.upTo;
    isWhole = cut.upTo >= position.rev;
  }
  expect(met).toEqual(changesSince(log, position, 0, budget).messages.map((row) => row.rev));
});
