import { expect, test } from "vitest";
import { lastEditable, liveComposing } from "../../../src/web/composing/composing.ts";
import { isInputMethodKey } from "../../../src/web/composing/keys.ts";
import { mayEditAgain, mayTryAgain } from "../../../src/web/composing/remedy.ts";
import { roomText, textRoom } from "../../../src/web/composing/text-limit.ts";
import type { Message } from "../../../src/client/index.ts";

test("[WEB16] a key belongs to the input method while it composes, and when Safari says only keyCode 229", () => {
  expect(isInputMethodKey({ isComposing: true, keyCode: 13 })).toBe(true);
  expect(isInputMethodKey({ isComposing: false, keyCode: 229 })).toBe(true);
  expect(isInputMethodKey({ isComposing: false, keyCode: 13 })).toBe(false);
});

const limit = 100;

test.each([
  ["far from the limit nothing is said", "a".repeat(89), undefined],
  ["near it, how much is left", "a".repeat(90), "10 left"],
  ["at it, nothing is left", "a".repeat(100), "0 left"],
  ["one over", "a".repeat(101), "Too long by 1 character."],
  ["characters of two bytes", "é".repeat(48), "2 left"],
  ["characters of three bytes, over", "你".repeat(35), "Too long by 2 characters."],
  ["characters of four bytes, over", "😀".repeat(26), "Too long by 1 character."],
  [
    "half a character counts as the three bytes that replace it",
    "\ud800".repeat(34),
    "Too long by 1 character.",
  ],
])("[WEB15] %s", (_, text, said) => {
  expect(roomText(textRoom(text, limit))).toBe(said);
});

test("[WEB15] a refusal of the text offers to change it; any other may be tried again as it is", () => {
  expect(["bad_text", "too_large", "bad_data"].map(mayTryAgain)).toEqual([false, false, false]);
  expect(["blocked", "rate_limited", "unknown_peer", "stale"].map(mayTryAgain)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(["message_deleted", "too_late", "unknown_message"].map(mayEditAgain)).toEqual([false, false, false]);
  expect([undefined, "superseded", "bad_text"].map(mayEditAgain)).toEqual([true, true, true]);
});

const own = (seq: number, more: Partial<Message> = {}): Message => ({
  seq,
  rev: seq,
  id: `m${seq}`,
  author: "alice",
  text: `text ${seq}`,
  createdAt: 1_000,
  ...more,
});
const deletedAt = 5;

test("[WEB17] up edits the last message of one's own that has a text: no deleted one, none that waits", () => {
  const messages = [
    own(1),
    own(2),
    own(3, { author: "bob", text: "theirs" }),
    own(4, { text: "" }),
    own(5, { text: "", deletedAt }),
  ];
  expect(lastEditable(messages, "alice")?.seq).toBe(2);
  expect(lastEditable([own(5, { text: "", deletedAt })], "alice")).toBeUndefined();
  expect(lastEditable([], "alice")).toBeUndefined();
});

test("[WEB17] what is answered or edited is shown as it is now, and never as it was before it was deleted", () => {
  const chosen = own(2);
  const edited = own(2, { text: "newer", rev: 9 });
  const gone = own(2, { text: "", deletedAt });
  expect(liveComposing({ kind: "edit", message: chosen }, [edited])).toEqual({
    kind: "edit",
    message: edited,
  });
  expect(liveComposing({ kind: "reply", message: chosen }, [gone])).toEqual({ kind: "reply", message: gone });
  expect(liveComposing({ kind: "edit", message: chosen }, [gone])).toEqual({ kind: "new" });
  // After a reset another message may have the number.
  expect(liveComposing({ kind: "reply", message: chosen }, [own(2, { id: "other" })])).toEqual({
    kind: "new",
  });
  expect(liveComposing({ kind: "reply", message: chosen }, [])).toEqual({ kind: "new" });
  // The reader went to another place of the conversation meanwhile.
  expect(liveComposing({ kind: "edit", message: chosen }, [own(900), own(901)])).toEqual({
    kind: "edit",
    message: chosen,
  });
});
