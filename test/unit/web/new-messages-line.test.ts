import { expect, test } from "vitest";
import { nextLine, noLine } from "../../../src/web/reading/new-messages-line.ts";
import { message, pending } from "./messages.ts";

const four = [message(1, "alice"), message(2, "bob"), message(3, "alice"), message(4, "bob")];
const seen = { isLooking: true, readSeq: 0, unread: 0, messages: four, you: "alice", nowMs: 0 };

test("[WEB3] the line stands above the first message of the peer that was not read", () => {
  expect(nextLine(noLine, { ...seen, readSeq: 2, unread: 1 }).seq).toBe(4);
  expect(nextLine(noLine, { ...seen, readSeq: 0, unread: 2 }).seq).toBe(2);
  expect(nextLine(noLine, { ...seen, readSeq: 4 }).seq).toBeUndefined();
});

test("[WEB3] it stays while the reader looks, though all is read, and does not come for what they see arrive", () => {
  const line = nextLine(noLine, { ...seen, readSeq: 2, unread: 1 });
  expect(nextLine(line, { ...seen, readSeq: 4 }).seq).toBe(4);
  const none = nextLine(noLine, { ...seen, readSeq: 4 });
  expect(
    nextLine(none, { ...seen, readSeq: 4, unread: 1, messages: [...four, message(5, "bob")] }).seq,
  ).toBeUndefined();
});

test("[WEB3] who looked elsewhere finds it at what came meanwhile, and where nothing came it is gone", () => {
  const line = nextLine(noLine, { ...seen, readSeq: 2, unread: 1 });
  const away = nextLine(line, { ...seen, readSeq: 4, isLooking: false });
  const messages = [...four, message(5, "bob")];
  const later = nextLine(away, { ...seen, readSeq: 4, unread: 1, messages, isLooking: false });
  expect(nextLine(later, { ...seen, readSeq: 4, unread: 1, messages }).seq).toBe(5);
  expect(nextLine(away, { ...seen, readSeq: 4 }).seq).toBeUndefined();
});

test("[WEB3] an answer takes it away", () => {
  const line = nextLine(noLine, { ...seen, readSeq: 2, unread: 1 });
  expect(nextLine(line, { ...seen, messages: [...four, pending("x", "alice")] }).seq).toBeUndefined();
});

test("[WEB3] where the first unread message is not loaded yet the line waits for it", () => {
  expect(nextLine(noLine, { ...seen, readSeq: 1, unread: 60, messages: four.slice(3) }).seq).toBe(2);
});

test("[WEB3] what waits or failed since before the line came is no answer, and leaves it there", () => {
  const old = pending("yesterday", "alice");
  const nowMs = old.createdAt + 1;
  const line = nextLine(noLine, { ...seen, readSeq: 2, unread: 1, messages: [...four, old], nowMs });
  expect(line.seq).toBe(4);
  const later = nextLine(line, { ...seen, readSeq: 4, messages: [...four, old], nowMs: nowMs + 5 });
  expect(later.seq).toBe(4);
  const answer = { ...pending("now", "alice"), createdAt: nowMs + 9 };
  expect(
    nextLine(later, { ...seen, messages: [...four, old, answer], nowMs: nowMs + 10 }).seq,
  ).toBeUndefined();
});
