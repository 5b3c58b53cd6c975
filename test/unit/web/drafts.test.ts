import { expect, test } from "vitest";
import { memoryTextStorage, safeStorage } from "../../../src/web/browser-storage.ts";
import { Drafts } from "../../../src/web/composing/drafts.ts";
import { mergeTexts } from "../../../src/web/composing/merge.ts";

const edit = { seq: 3, id: "m3", text: "meet at 8", after: 7 };

function refuse(): never {
  throw new Error("QuotaExceededError");
}

test("[WEB7] drafts belong to a user and a conversation, and an empty one is forgotten", () => {
  const storage = memoryTextStorage();
  const alice = new Drafts(storage, "alice");
  alice.set("bob", "Hi");
  alice.set("a/b", "one");
  expect(new Drafts(storage, "alice").get("bob")).toBe("Hi");
  expect(new Drafts(storage, "carol").get("bob")).toBe("");
  expect(new Drafts(storage, "alice/a").get("b")).toBe("");
  alice.set("bob", "  \n");
  expect(alice.get("bob")).toBe("");
});

test.each([
  ["reading it throws", (): never => refuse()],
  ["it is missing", () => undefined],
  ["each call throws", () => ({ getItem: refuse, setItem: refuse, removeItem: refuse })],
  ["it is full", () => ({ getItem: () => null, setItem: refuse, removeItem: () => {} })],
])(
  "[WEB7] a storage that refuses (%s) loses nothing while the page lives, and the page knows it",
  (_, find) => {
    const drafts = new Drafts(safeStorage(find), "alice");
    let changes = 0;
    drafts.subscribe(() => (changes += 1));
    expect(drafts.hasRefused).toBe(false);
    drafts.set("bob", "Hi");
    drafts.setEdit("bob", edit);
    expect([drafts.get("bob"), drafts.edits("bob"), changes, drafts.hasRefused]).toEqual([
      "Hi",
      [edit],
      2,
      true,
    ]);
    drafts.set("bob", "");
    drafts.dropEdit("bob", 3);
    expect([drafts.get("bob"), drafts.edits("bob"), drafts.hasRefused]).toEqual(["", [], false]);
  },
);

test("[WEB7] a refusal that passes is forgotten: what is typed next is kept again", () => {
  const texts = new Map<string, string>();
  let isFull = true;
  const drafts = new Drafts(
    safeStorage(() => ({
      getItem: (key) => texts.get(key) ?? null,
      setItem: (key, value) => (isFull ? refuse() : void texts.set(key, value)),
      removeItem: (key) => void texts.delete(key),
    })),
    "alice",
  );
  drafts.set("bob", "one");
  isFull = false;
  drafts.set("bob", "one two");
  expect([drafts.get("bob"), drafts.hasRefused, texts.size]).toEqual(["one two", false, 1]);
});

test("[WEB15] an edit is kept for each message, and a refused one does not replace what was typed since", () => {
  const drafts = new Drafts(memoryTextStorage(), "alice");
  drafts.setEdit("bob", edit);
  drafts.setEdit("bob", { ...edit, seq: 4, text: "other" });
  drafts.addRefusedEdit("bob", { ...edit, text: "meet at 9", code: "superseded" });
  expect(drafts.edit("bob", 3)).toEqual({ ...edit, text: "meet at 9\nmeet at 8", code: "superseded" });
  drafts.dropEdit("bob", 3);
  expect(drafts.edits("bob").map(({ seq }) => seq)).toEqual([4]);
});

test.each(["", "{", "null", "[1, null, {}]", `[{"seq": "3", "text": "x", "after": 1}]`])(
  "[WEB15] what another page left under the key is no reason to fail: %s",
  (stored) => {
    const storage = memoryTextStorage();
    storage.setItem("pairline/edits/alice/bob", stored);
    expect(new Drafts(storage, "alice").edits("bob")).toEqual([]);
  },
);

test("[WEB11] what another tab writes is told, what it writes for another user is not", () => {
  const otherTabs: ((key: string) => void)[] = [];
  const drafts = new Drafts(memoryTextStorage(), "alice", (onChange) => {
    otherTabs.push(onChange);
    return () => void otherTabs.pop();
  });
  let changes = 0;
  drafts.subscribe(() => (changes += 1));
  for (const key of [
    "pairline/draft/alice/bob",
    "pairline/edits/alice/bob",
    "pairline/draft/carol/bob",
    "elsewhere",
  ]) {
    otherTabs.forEach((write) => write(key));
  }
  expect(changes).toBe(2);
  drafts.close();
  expect(otherTabs).toEqual([]);
});

test.each([
  { what: "only this tab typed", base: "a", mine: "ab", theirs: "a", merged: "ab" },
  { what: "only the other typed", base: "a", mine: "a", theirs: "a long text", merged: "a long text" },
  {
    what: "the other's contains this one's",
    base: "",
    mine: "a",
    theirs: "a long text",
    merged: "a long text",
  },
  {
    what: "this one's contains the other's",
    base: "",
    mine: "a long text",
    theirs: "long",
    merged: "a long text",
  },
  { what: "both typed something else", base: "", mine: "y", theirs: "a long text", merged: "a long text\ny" },
  { what: "the other was sent, this one went on", base: "a", mine: "ab", theirs: "", merged: "ab" },
  { what: "the other was sent", base: "a", mine: "a", theirs: "", merged: "" },
  { what: "this one was emptied", base: "a", mine: "", theirs: "a", merged: "" },
  { what: "this one was emptied while the other went on", base: "a", mine: "", theirs: "ab", merged: "ab" },
])("[WEB11] two tabs typed in one draft: $what", ({ merged, ...texts }) => {
  expect(mergeTexts(texts)).toBe(merged);
});
