import { expect, test } from "vitest";
import type { Conversation, ConversationMessage } from "../../../src/client/index.ts";
import { openFirstUnread } from "../../../src/web/reading/opening.ts";
import { tokenName } from "../../../src/web/reading/token-name.ts";
import { message } from "./messages.ts";

/** A conversation whose messages above `ownUntil` are Bob's, of which a page of ten is opened or loaded at a time. */
function conversationOf(head: number, unread: number, ownUntil: number) {
  const asked: string[] = [];
  const all = Array.from({ length: head }, (_, index) =>
    message(index + 1, index < ownUntil ? "alice" : "bob"),
  );
  let value: readonly ConversationMessage[] = [];
  const messages = {
    get value() {
      return value;
    },
    get hasOlder() {
      return value[0]?.seq !== 1;
    },
    get hasNewer() {
      return value.length > 0 && value.at(-1)?.seq !== head;
    },
    async openAt(seq: number) {
      asked.push(`openAt ${seq}`);
      value = all.slice(seq - 1, seq + 9);
    },
    async loadNewer() {
      asked.push("newer");
      value = all.slice((value[0]?.seq ?? 1) - 1, (value.at(-1)?.seq ?? 0) + 10);
    },
    async loadOlder() {
      asked.push("older");
      value = all.slice(-10);
    },
  };
  const status = { value: { unread, read: { you: head - unread, peer: 0 } } };
  const conversation = { messages, status } as unknown as Conversation;
  return { conversation, asked };
}

test("[WEB3] a conversation opens at the first unread message, however many are unread", async () => {
  const { conversation, asked } = conversationOf(5_000, 4_900, 0);
  await openFirstUnread(conversation, "alice");
  expect(asked).toEqual(["openAt 101"]);
});

test("[WEB3] one's own messages behind the last read one are passed over", async () => {
  const { conversation, asked } = conversationOf(100, 60, 75);
  await openFirstUnread(conversation, "alice");
  expect(asked).toEqual(["openAt 41", "newer", "newer", "newer"]);
});

test("[WEB3] where all is read the newest messages are loaded, once", async () => {
  const { conversation, asked } = conversationOf(100, 0, 0);
  await openFirstUnread(conversation, "alice");
  await openFirstUnread(conversation, "alice");
  expect(asked).toEqual(["older"]);
});

function tokenOf(claims: unknown): string {
  return `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.y`;
}

test("[WEB13] a token says what its user is called, in any script; what is no token says nothing", () => {
  expect(tokenName(tokenOf({ sub: "u-1", name: "José ü李👍" }))).toBe("José ü李👍");
  const nameless = [null, {}, { name: 7 }, { name: " " }].map(tokenOf);
  for (const token of ["", "a.b", "x.!.y", ...nameless]) {
    expect(tokenName(token)).toBeUndefined();
  }
});
