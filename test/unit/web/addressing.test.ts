import { expect, test } from "vitest";
import {
  decide,
  isMatch,
  needsDirectory,
  sameNamed,
  type Directory,
} from "../../../src/web/addressing/find-people.ts";
import { isUserId, peerFault } from "../../../src/web/addressing/user-id.ts";
import { userIdOf } from "../../../src/web/development/user-id.ts";
import { peerFragment } from "../../../src/web/reading/fragment.ts";

const listed = [
  { peer: "u-1", profile: { name: "Zoë Müller" } },
  { peer: "u-2", profile: { name: "Bob" } },
  { peer: "u-3", profile: { name: "Bob" } },
  { peer: "joanna" },
  { peer: "u-5", profile: { name: "carol" } },
];
const known = (id: string): Directory => ({ kind: "known", id });
const unknown: Directory = { kind: "unknown", mayWrite: true };
const notAsked: Directory = { kind: "not asked" };

function entered(text: string, directory: Directory, id = text) {
  return decide(listed, { text, id }, { you: "me", directory });
}

test.each(["José", "n".repeat(129), "", ".", "..", "a\nb", "\ud800", "\u0000"])(
  "[WEB18] what can be no user id opens nothing and is told: %j",
  (peer) => {
    expect(isUserId(peer)).toBe(false);
    expect(peerFault(peer, undefined)).toContain("names nobody");
    expect(peerFragment(peer)).toMatch(/^#\/peer=/);
  },
);

test("[WEB18] 128 characters are a user id, one's own is no address", () => {
  expect(peerFault("n".repeat(128), "me")).toBeUndefined();
  expect(peerFault("...", "me")).toBeUndefined();
  expect(peerFault("me", undefined)).toBeUndefined();
  expect(peerFault("me", "me")).toBe("This is your own id. You cannot write to yourself.");
  expect([" alice ", "Zoë", "\ud800"].map(userIdOf)).toEqual(["alice", "Zo%C3%AB", "%EF%BF%BD"]);
});

test.each(["Zoë Müller", "  zoe\u0308 MU\u0308LLER", "zoë  müller", "u-1"])(
  "[WEB18] a display name opens who is called so, however it is typed: %s",
  (text) => {
    expect(entered(text, unknown, text.trim())).toEqual({ kind: "open", peer: "u-1" });
  },
);

test("[WEB18] two people of one name are told apart, by name and where a name is another's id", () => {
  expect(entered("bob", unknown)).toEqual({ kind: "several" });
  expect(sameNamed(listed)).toEqual(new Set(["u-2", "u-3"]));
  // "carol" is what u-5 is called and whom the server knows by this id.
  expect(entered("carol", known("carol"))).toEqual({ kind: "several" });
  expect(entered("carol", unknown)).toEqual({ kind: "open", peer: "u-5" });
  expect(entered("u-2", notAsked)).toEqual({ kind: "open", peer: "u-2" });
});

test("[WEB18] part of a name opens the only conversation that matches, unless the server knows somebody by it", () => {
  expect(entered("ann", unknown)).toEqual({ kind: "open", peer: "joanna" });
  expect(entered("ann", known("ann"))).toEqual({ kind: "open", peer: "ann" });
  expect(entered("u-", unknown)).toEqual({ kind: "several" });
  expect(isMatch({ peer: "joanna" }, { text: "ANN", id: "ANN" })).toBe(true);
});

test("[WEB18] an id that the server does not know is never opened without saying so", () => {
  expect(entered("dave", unknown)).toEqual({ kind: "unknown", id: "dave", mayWrite: true });
  expect(entered("dave", { kind: "unknown", mayWrite: false })).toMatchObject({ mayWrite: false });
  expect(entered("dave", { kind: "unchecked" })).toEqual({ kind: "unchecked", id: "dave", mayWrite: true });
  expect(entered("José", notAsked)).toEqual({ kind: "impossible" });
  expect(entered("me", notAsked)).toEqual({ kind: "self" });
  // An alias leads to its user, also to oneself.
  expect(entered("dave@example.com", known("u-9"))).toEqual({ kind: "open", peer: "u-9" });
  expect(entered("me@example.com", known("me"))).toEqual({ kind: "self" });
});

function asks(id: string): boolean {
  return needsDirectory(listed, { text: id, id }, "me");
}

test("[WEB18] the server is asked about each id that no conversation has", () => {
  expect(["dave", "Bob", "u-2", "me", "José"].map(asks)).toEqual([true, true, false, false, false]);
});
