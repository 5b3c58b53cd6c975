import { expect, test } from "vitest";
import type { Message } from "../../src/protocol/message.ts";
import { withdrawn } from "../../src/protocol/withdrawn.ts";

const deleted: Message = { seq: 2, rev: 9, id: "two", author: "alice", text: "", createdAt: 2, deletedAt: 9 };

const secret: Message = {
  seq: 2,
  rev: 4,
  id: "two",
  author: "alice",
  text: "secret",
  createdAt: 2,
  editedAt: 4,
  replyTo: 1,
  quote: { author: "bob", text: "hello" },
  reactions: { "👍": ["bob"] },
  data: { card: "secret" },
};

test("[DE1] what waits of the deleted message shows nothing of it but its numbers, under its own rev", () => {
  expect(withdrawn(secret, deleted)).toEqual({ ...deleted, rev: 4 });
});

test("[DE1] the deletion itself stays as it is", () => {
  expect(withdrawn(deleted, deleted)).toEqual(deleted);
});

test("[DE1][RY2] a reply to it that waits keeps its own words and loses the quote's", () => {
  const reply: Message = {
    ...secret,
    seq: 3,
    rev: 5,
    text: "indeed",
    replyTo: 2,
    quote: { author: "alice", text: "secret" },
  };
  expect(withdrawn(reply, deleted)).toEqual({
    ...reply,
    quote: { author: "alice", text: "", deletedAt: 9 },
  });
});

test("[DE1] other messages, replies to others among them, stay as they are", () => {
  const { replyTo: _, quote: __, ...plain } = secret;
  const others: Message[] = [
    { ...secret, seq: 3, replyTo: 1 },
    { ...plain, seq: 4 },
    { ...deleted, seq: 5, replyTo: 2 },
  ];
  for (const other of others) {
    expect(withdrawn(other, deleted)).toBe(other);
  }
});
