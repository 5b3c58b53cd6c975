import { expect, test } from "vitest";
import { PairlineError } from "../../../src/client/index.ts";
import { isEmojiOnly } from "../../../src/web/reading/emoji-only.ts";
import { errorText } from "../../../src/web/reading/error-text.ts";
import { peerFragment, readFragment } from "../../../src/web/reading/fragment.ts";
import { hueOf, initialsOf, nameOf } from "../../../src/web/reading/person.ts";
import { userIdOf } from "../../../src/web/development/user-id.ts";

const network = new PairlineError("network", "gone");

test("[WEB6] errors are told in plain words, an unknown one too", () => {
  expect(errorText(network)).toBe("The server cannot be reached.");
  expect(errorText(new PairlineError("bad_frame", "secret"))).toBe("Something went wrong. Try again.");
  expect(errorText(undefined)).toBe("Something went wrong. Try again.");
});

test("[WEB14] one to three emoji and nothing else are shown large", () => {
  expect(["👍", "👩‍👩‍👧‍👦 🏳️‍🌈", "❤️😂😮"].map(isEmojiOnly)).toEqual([true, true, true]);
  expect(["", "ok 👍", "1", "😂😂😂😂", "👍".repeat(500)].map(isEmojiOnly)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

test("[WEB14] initials are letters as people see them", () => {
  expect(["alice", "Ada King-Lovelace", "zoë.étoile", "👩‍🚀 crew", "李 雷", ""].map(initialsOf)).toEqual([
    "A",
    "AL",
    "ZÉ",
    "👩‍🚀C",
    "李雷",
    "?",
  ]);
  expect(nameOf("u1", { name: "Ada" }) + nameOf("u1", undefined)).toBe("Adau1");
  expect(hueOf("alice", 8)).toBe(hueOf("alice", 8));
});

test("[WEB13] token, user and conversation are read from the fragment, and only the conversation is written back", () => {
  expect(readFragment("#token=a.b.c&user=alice&peer=bob%20b")).toEqual({
    token: "a.b.c",
    user: "alice",
    peer: "bob b",
  });
  expect(readFragment(peerFragment("a&token=x#"))).toEqual({ peer: "a&token=x#" });
  expect(readFragment(peerFragment(undefined))).toEqual({});
  expect(readFragment("")).toEqual({});
});

test("[WEB13] the development sign-in takes names that are no ids", () => {
  expect([" alice ", "Zoë"].map(userIdOf)).toEqual(["alice", "Zo%C3%AB"]);
});
