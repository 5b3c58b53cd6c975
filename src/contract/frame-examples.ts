import type { ClientFrame } from "../protocol/client-frame.ts";
import type { InboxClientFrame, InboxServerFrame } from "../protocol/inbox-frame.ts";
import type { ServerFrame } from "../protocol/server-frame.ts";
import {
  alice,
  at,
  bob,
  conversation,
  editedQuestion,
  exampleRequestId,
  limits,
  listedConversation,
  question,
  reactedQuestion,
  reply,
} from "./examples.ts";
import type { FrameKind } from "./frame-schemas.ts";

const refusedId = "e4d1b6a0-91c7-4f7d-9a41-0c8f2e6b5d55";
const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.signature";

const toConversation: readonly ClientFrame[] = [
  { type: "send", id: question.id, text: question.text, after: 0 },
  {
    type: "send",
    id: reply.id,
    text: reply.text,
    after: 1,
    replyTo: 1,
    data: { place: { id: "p-7", name: "Canteen" } },
  },
  { type: "edit", id: "c1e8a7f0-3b52-4d0e-8e64-7d9a5b2c4e44", seq: 1, after: 2, text: editedQuestion.text },
  { type: "react", id: "d9f2b8c1-4c63-4e1f-9f75-8e0b6c3d5f66", seq: 1, after: 2, emoji: "👍", on: true },
  { type: "delete", id: "a2c4e6f8-1b3d-4f5a-8c7e-9d0b2f4a6c77", seq: 1, after: 2 },
  { type: "read", seq: 1 },
  { type: "delivered", seq: 1 },
  { type: "typing", on: true },
  { type: "auth", token },
];

const fromConversation: readonly ServerFrame[] = [
  {
    type: "ready",
    you: alice,
    peer: bob,
    head: 2,
    rev: 2,
    read: { you: 1, peer: 2 },
    delivered: { you: 2, peer: 2 },
    peerOnline: true,
    profile: { name: "Bob", picture: "https://app.example/bob.jpg" },
    limits,
    requestId: exampleRequestId,
  },
  { type: "message", message: reply },
  { type: "message", message: reactedQuestion },
  { type: "ack", id: question.id, seq: 1, rev: 1, createdAt: question.createdAt },
  { type: "read", user: bob, seq: 2 },
  { type: "delivered", user: bob, seq: 2 },
  { type: "typing", user: bob, on: true },
  { type: "presence", user: bob, online: true },
  { type: "reset", rev: 5_210 },
  { type: "error", id: refusedId, code: "rate_limited", message: "Too many at once", retryAfterMs: 2_000 },
  { type: "error", id: refusedId, code: "bad_text", message: "text is empty", field: "text" },
];

const peer = bob;

const toInbox: readonly InboxClientFrame[] = [
  ...toConversation.map((frame) => (frame.type === "auth" ? frame : { ...frame, peer })),
  { type: "sync", peer, after: 2 },
  { type: "subscribe", peers: [bob] },
];

const fromInbox: readonly InboxServerFrame[] = [
  {
    type: "ready",
    you: alice,
    list: {
      conversations: [listedConversation],
      unread: { messages: 1, conversations: 1 },
      position: at(90),
    },
    limits,
    requestId: exampleRequestId,
  },
  { type: "summary", ...conversation },
  {
    type: "synced",
    peer,
    head: 2,
    rev: 4,
    read: { you: 1, peer: 2 },
    delivered: { you: 2, peer: 2 },
    peerOnline: true,
  },
  ...fromConversation.flatMap((frame) =>
    frame.type === "ready" || frame.type === "presence" ? [] : [{ ...frame, peer }],
  ),
  { type: "presence", peer, user: bob, online: true },
  { type: "presence", peer, user: bob, online: false, lastSeen: Date.UTC(2026, 10, 23, 9, 45) },
];

const examples = {
  conversation: { client: toConversation, server: fromConversation },
  inbox: { client: toInbox, server: fromInbox },
};

export function examplesOf({ socket, from, type }: FrameKind): readonly object[] {
  const frames: readonly { readonly type: string }[] = examples[socket][from];
  return frames.filter((frame) => frame.type === type);
}
