import { expect, test } from "vitest";
import type { StoredMessage } from "../../src/model/message.ts";
import { changed, takesAway, type ChangeFacts } from "../../src/conversation/edits.ts";
import { plainMessage } from "./filled-log.ts";

const message = plainMessage(1);
const author: ChangeFacts = { side: "a", rev: 7, nowMs: 5_000, maxTextBytes: 16_384 };
const reader: ChangeFacts = { ...author, side: "b" };
const edit = { type: "edit", id: "e1", seq: 1, text: "edited" } as const;
const remove = { type: "delete", id: "d1", seq: 1 } as const;
const react = { type: "react", id: "r1", seq: 1, emoji: "❤️", on: true } as const;

const edited: StoredMessage = {
  ...message,
  rev: 7,
  text: "edited",
  editedAtMs: 5_000,
  editId: "e1",
  editRev: 7,
};
const gone: StoredMessage = { ...message, rev: 7, text: "", deletedAtMs: 5_000 };

const at = (nowMs: number) => ({ ...author, nowMs, editWindowMs: 1_000 });

/** The reactions after a change, or how else it ended. */
const reactionsAfter = (one: StoredMessage, frame: object, facts: ChangeFacts) => {
  const outcome = changed(one, { ...react, ...frame }, facts);
  return outcome.kind === "changed" ? outcome.message.reactions : outcome.kind;
};

function refusedWith(code: string) {
  return { kind: "refused", refusal: { code } };
}

test("[ED1] an edit changes the text, its time and its name, and nothing else", () => {
  const whole = { ...message, data: `{"a":1}`, reactions: `{"👍":["b"]}`, replyTo: 3 };
  expect(changed(whole, edit, author)).toEqual({
    kind: "changed",
    message: { ...edited, data: `{"a":1}`, reactions: `{"👍":["b"]}`, replyTo: 3 },
  });
});

test("[CH7] only the author edits and deletes, whatever became of the message", () => {
  for (const one of [message, edited, gone]) {
    expect(changed(one, edit, reader)).toMatchObject(refusedWith("not_author"));
    expect(changed(one, remove, reader)).toMatchObject(refusedWith("not_author"));
  }
});

test("[CH3] a repeat of the newest edit is the same, with another text a conflict, and after a deletion the same", () => {
  const later = { ...author, rev: 9, nowMs: 9_000 };
  expect(changed(edited, edit, later)).toEqual({ kind: "same", rev: 7 });
  expect(changed(edited, { ...edit, text: "other" }, later)).toMatchObject(refusedWith("conflict"));
  const goneToo = { ...gone, rev: 8, editId: "e1", editRev: 7 };
  expect(changed(goneToo, edit, later)).toEqual({ kind: "same", rev: 7 });
});

test("[ED2] an edit composed before the newest one is superseded; with its rev or without after it holds", () => {
  const next = { ...edit, id: "e2", text: "again" };
  const later = { ...author, rev: 9 };
  expect(changed(edited, { ...next, after: 6 }, later)).toMatchObject(refusedWith("superseded"));
  expect(changed(edited, { ...next, after: 7 }, later)).toMatchObject({ message: { text: "again", rev: 9 } });
  expect(changed(edited, next, later)).toMatchObject({ message: { text: "again", rev: 9 } });
  expect(changed(message, { ...next, after: 0 }, later)).toMatchObject({ message: { text: "again" } });
});

test("[ED3] the edit window ends behind its last millisecond, and closes neither deletions nor reactions", () => {
  const edgeMs = message.createdAtMs + 1_000;
  expect(changed(message, edit, at(edgeMs)).kind).toBe("changed");
  expect(changed(message, edit, at(edgeMs + 1))).toMatchObject(refusedWith("too_late"));
  expect(changed(edited, edit, at(edgeMs + 1))).toEqual({ kind: "same", rev: 7 });
  expect(changed(message, remove, at(edgeMs + 1)).kind).toBe("changed");
  expect(changed(message, react, at(edgeMs + 1)).kind).toBe("changed");
});

test("[SE8][ED1] an edit to an empty text needs data to stand beside", () => {
  const empty = { ...edit, text: "" };
  expect(changed(message, empty, author)).toMatchObject(refusedWith("bad_text"));
  expect(changed({ ...message, data: "{}" }, empty, author)).toMatchObject({ message: { text: "" } });
});

test("[DE1] a deletion leaves the numbers, the author and the times", () => {
  const whole = { ...edited, data: "{}", reactions: `{"👍":["b"]}`, replyTo: 3 };
  const { message: left } = changed(whole, remove, { ...author, rev: 8, nowMs: 6_000 }) as {
    message: StoredMessage;
  };
  expect(left).toEqual({ ...gone, rev: 8, deletedAtMs: 6_000, editId: "e1", editRev: 7 });
});

test("[CH4][CH5] a deleted message is deleted already, and takes nothing else", () => {
  const later = { ...author, rev: 9 };
  expect(changed(gone, remove, later)).toEqual({ kind: "same", rev: 7 });
  expect(changed(gone, edit, later)).toMatchObject(refusedWith("message_deleted"));
  for (const on of [true, false]) {
    expect(changed(gone, { ...react, on }, later)).toMatchObject(refusedWith("message_deleted"));
  }
});

test("[RE1][RE3] reactions keep who was first, and one emoji in two spellings is one", () => {
  const first = { ...message, reactions: `{"❤️":["b"],"👍":["b"]}` };
  expect(reactionsAfter(first, { emoji: "❤" }, author)).toBe(`{"❤️":["b","a"],"👍":["b"]}`);
  expect(reactionsAfter(first, { emoji: "❤" }, reader)).toBe("same");
  expect(reactionsAfter(first, { emoji: "🎉" }, author)).toBe(`{"❤️":["b"],"👍":["b"],"🎉":["a"]}`);
  expect(reactionsAfter(first, { emoji: "❤", on: false }, reader)).toBe(`{"👍":["b"]}`);
  expect(reactionsAfter(first, { on: false }, author)).toBe("same");
  expect(
    reactionsAfter({ ...message, reactions: `{"👍":["b"]}` }, { emoji: "👍", on: false }, reader),
  ).toBeNull();
});

test("[RE2] the twenty-first emoji is refused; another user's on one of the twenty, and taking one back, are not", () => {
  const names = Array.from({ length: 20 }, (_, nth) => [String.fromCodePoint(0x1f600 + nth), ["b"]]);
  const full = { ...message, reactions: JSON.stringify(Object.fromEntries(names)) };
  expect(changed(full, react, author)).toMatchObject(refusedWith("too_many_reactions"));
  expect(changed(full, { ...react, emoji: "😀" }, author).kind).toBe("changed");
  expect(changed(full, { ...react, emoji: "😀", on: false }, reader).kind).toBe("changed");
  expect(changed(full, { ...react, on: false }, author)).toEqual({ kind: "same", rev: 1 });
});

test("[BL2] deletions and taking reactions back take away; edits and reactions do not", () => {
  expect([remove, { ...react, on: false }, edit, react].map(takesAway)).toEqual([true, true, false, false]);
});
