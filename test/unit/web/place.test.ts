import { expect, test } from "vitest";
import { firstVisible, isAtEnd, isNearEnd, isNearStart, lastSeen } from "../../../src/web/reading/place.ts";

/** Rows of 100 px, scrolled by so much. */
const scrolled = (byPx: number) => (row: number) => ({
  top: row * 100 - byPx,
  bottom: row * 100 + 100 - byPx,
});
const rows = Array.from({ length: 1_000 }, (_, index) => index);

test("[WEB5] the row that must not move is the first one of which something is seen", () => {
  expect(firstVisible(rows, scrolled(0))).toBe(0);
  expect(firstVisible(rows, scrolled(50_099))).toBe(500);
  expect(firstVisible(rows, scrolled(50_100))).toBe(501);
  expect(firstVisible(rows, scrolled(1_000_000))).toBeUndefined();
});

test("[WEB5] it is found in few measurements", () => {
  let measured = 0;
  firstVisible(rows, (row) => {
    measured += 1;
    return scrolled(70_000)(row);
  });
  expect(measured).toBeLessThanOrEqual(11);
});

test("[WEB4] what is seen whole is read, and what fills the view", () => {
  expect(lastSeen([0, 1, 2, 3, 4, 5], scrolled(0), 350)).toBe(2);
  expect(lastSeen([0, 1], scrolled(0), 350)).toBe(1);
  expect(lastSeen([0, 1], scrolled(20), 60)).toBe(0);
  expect(lastSeen([3], scrolled(0), 350)).toBeUndefined();
});

test("[WEB5] near the end is the end; two views from the start more is wanted", () => {
  const state = { scrollHeight: 2_000, clientHeight: 500 };
  expect([1_500, 1_470, 1_400].map((scrollTop) => isAtEnd({ ...state, scrollTop }))).toEqual([
    true,
    true,
    false,
  ]);
  expect([0, 999, 1_000].map((scrollTop) => isNearStart({ ...state, scrollTop }))).toEqual([
    true,
    true,
    false,
  ]);
});

test("[WEB5] two views from the end newer messages are wanted, where there are some", () => {
  const state = { scrollHeight: 5_000, clientHeight: 500 };
  expect([3_500, 3_501, 4_500].map((scrollTop) => isNearEnd({ ...state, scrollTop }))).toEqual([
    false,
    true,
    true,
  ]);
});
