import { expect, test } from "vitest";
import { chunkIndex, chunksOf } from "../../../src/web/reading/chunks.ts";
import { rowKey, rowsOf } from "../../../src/web/reading/rows.ts";
import { message, pending } from "./messages.ts";

const around = { you: "alice", before: undefined, after: undefined, lineSeq: undefined };
const minuteMs = 60_000;

test("[WEB2] a row starts a day where the one before is of another day, over the edge of a chunk too", () => {
  const yesterday = message(1, "bob", { createdAt: new Date(2026, 10, 22, 23, 59).getTime() });
  const today = [message(2, "bob"), message(3, "bob")];
  expect(rowsOf([yesterday, ...today], around).map((row) => row.startsDay)).toEqual([true, true, false]);
  expect(rowsOf(today, { ...around, before: yesterday }).map((row) => row.startsDay)).toEqual([true, false]);
  expect(rowsOf(today, { ...around, before: message(1, "bob") }).map((row) => row.startsDay)).toEqual([
    false,
    false,
  ]);
});

test("[WEB2] messages of one author within five minutes stand together", () => {
  const first = message(1, "bob");
  const rows = rowsOf(
    [
      first,
      message(2, "bob"),
      message(3, "alice"),
      message(4, "bob", { createdAt: first.createdAt + 6 * minuteMs }),
    ],
    { ...around, lineSeq: 2 },
  );
  expect(rows.map((row) => [row.startsRun, row.endsRun])).toEqual([
    [true, true],
    [true, true],
    [true, true],
    [true, true],
  ]);
  expect(rowsOf([first, message(2, "bob")], around).map((row) => [row.startsRun, row.endsRun])).toEqual([
    [true, false],
    [false, true],
  ]);
});

test("[WEB4] a send keeps its row when it gets its number, and two authors may use the same id", () => {
  const waits = pending("id-7", "alice");
  expect(rowKey(waits, "alice")).toBe(rowKey(message(7, "alice"), "alice"));
  expect(rowKey(pending("id-7", undefined), undefined)).toBe(rowKey(waits, "alice"));
  expect(rowKey(message(7, "bob"), "alice")).not.toBe(rowKey(message(7, "alice"), "alice"));
});

test("[WEB5] older and newer messages leave the chunks between as they are; what waits stands in the last", () => {
  const messages = Array.from({ length: 200 }, (_, index) => message(index + 1, "bob"));
  const some = chunksOf(messages.slice(70, 165));
  const more = chunksOf([...messages, pending("x", "alice")]);
  const whole = some[1];
  expect(whole?.messages).toEqual(more.find(({ index }) => index === whole?.index)?.messages);
  expect(more.flatMap((chunk) => chunk.messages)).toEqual([...messages, pending("x", "alice")]);
  expect(more.at(-1)?.messages.at(-1)?.seq).toBeUndefined();
  expect(more.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
  expect(chunksOf([pending("x", "alice")]).map(({ index }) => index)).toEqual([0]);
  expect(chunkIndex(1)).toBe(0);
});
