import type { ListedConversation } from "../protocol/conversation-list.ts";
import { fixedLimits, type Limits } from "../protocol/limits.ts";
import type { Message } from "../protocol/message.ts";

/** What the examples tell: alice asks, bob replies, alice makes it half past and reacts. The token is alice's. */
export const alice = "alice";
export const bob = "bob";

const morningMs = Date.UTC(2026, 10, 23, 9, 41);
export const at = (seconds: number) => morningMs + seconds * 1_000;

export const question: Message = {
  seq: 1,
  rev: 1,
  id: "5f0c1f7e-6d1b-4c53-9d0a-3d9f6f0f8a11",
  author: alice,
  text: "Lunch at twelve?",
  createdAt: at(0),
};

export const reply: Message = {
  seq: 2,
  rev: 2,
  id: "b7a4c1de-0c0e-4f0b-8f4e-5d2f8a6f1c22",
  author: bob,
  text: "Gladly. The usual place?",
  createdAt: at(20),
  replyTo: 1,
  quote: { author: alice, text: question.text },
  data: { place: { id: "p-7", name: "Canteen" } },
};

export const editedQuestion: Message = {
  ...question,
  rev: 3,
  text: "Lunch at half past twelve?",
  editedAt: at(40),
};

export const reactedQuestion: Message = { ...editedQuestion, rev: 4, reactions: { "👍": [bob] } };

export const deletedQuestion: Message = { ...question, rev: 5, text: "", deletedAt: at(60) };

export const conversation: ListedConversation = {
  peer: bob,
  head: 2,
  rev: 2,
  state: 0,
  read: { you: 1, peer: 2 },
  unread: 1,
  muted: false,
  archived: false,
  blocked: false,
  last: { author: bob, text: reply.text, createdAt: reply.createdAt },
};

export const listedConversation: ListedConversation = {
  ...conversation,
  profile: { name: "Bob", picture: "https://app.example/bob.jpg" },
};

/** Those of a deployment that sets nothing. */
export const limits: Limits = {
  maxTextBytes: 16_384,
  maxFrameBytes: fixedLimits.maxFrameBytes,
  maxMessageIdCharacters: fixedLimits.maxMessageIdCharacters,
  maxDataBytes: fixedLimits.maxDataBytes,
  maxDataDepth: fixedLimits.maxDataDepth,
  maxReactions: fixedLimits.maxReactions,
  sendsPerSecond: 5,
  sendBurst: 20,
  signalsPerSecond: 20,
  signalBurst: 80,
  maxBadFrames: fixedLimits.maxBadFrames,
  maxDevices: fixedLimits.maxDevices,
  maxReplayChanges: fixedLimits.maxReplayChanges,
  maxReplayBytes: fixedLimits.maxReplayBytes,
  maxOutstandingCharacters: 9_830_400,
  maxPageMessages: fixedLimits.maxPageMessages,
  newConversationsPerHour: 60,
  presenceTtlMs: fixedLimits.presenceTtlMs,
  maxListConversations: fixedLimits.maxListConversations,
  maxPresencePeers: fixedLimits.maxPresencePeers,
  inboxFramesPerSecond: 100,
  inboxFrameBurst: 400,
};

/** As Cloudflare names requests. */
export const exampleRequestId = "9a3f0c5d7e21b846-FRA";
