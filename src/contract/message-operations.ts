import type { SendBody } from "../protocol/rest.ts";
import { changeQuerySchema, pageQuerySchema } from "../protocol/rest.ts";
import { alice, deletedQuestion, editedQuestion, question, reactedQuestion, reply } from "./examples.ts";
import { bodyErrors, peerErrors, type Operation } from "./operation.ts";

const messages = "/v1/conversations/{peer}/messages";
const one = `${messages}/{seq}`;
const reaction = `${one}/reactions/{emoji}`;

const changeErrors = ["unknown_message", "conflict", "stale", "out_of_range", "rate_limited"] as const;
const reactionErrors = [
  ...peerErrors,
  ...changeErrors,
  "bad_emoji",
  "blocked",
  "message_deleted",
  "too_many_reactions",
] as const;

const plain: SendBody = { id: question.id, text: question.text, after: 0 };
const answering: SendBody = {
  id: "0d3b9a52-7f6e-4c0a-9c57-2a1f4e8d7b33",
  text: "With Carol, by the way.",
  after: 1,
  replyTo: 1,
  data: { mentions: ["carol"] },
};

export const messageOperations: readonly Operation[] = [
  {
    id: "sendMessage",
    method: "post",
    path: messages,
    tag: "Messages",
    summary: "Send a message",
    description:
      "Answers once the message is durable. A retry repeats `id` and `after` and never makes a second message. The same send over a socket is the frame `send`.",
    access: "user",
    body: {
      schema: "SendBody",
      examples: {
        plain: { summary: "A message", value: plain },
        reply: { summary: "A reply with data", value: answering },
      },
    },
    answers: {
      201: {
        description: "The message is stored.",
        schema: "SendAnswer",
        example: { id: question.id, seq: 1, rev: 1, createdAt: question.createdAt, message: question },
      },
      200: {
        description: "This `id` was stored before: the first one's numbers, and the message as it is now.",
        schema: "SendAnswer",
        example: { id: question.id, seq: 1, rev: 1, createdAt: question.createdAt, message: editedQuestion },
      },
    },
    errors: [
      ...peerErrors,
      ...bodyErrors,
      "bad_text",
      "bad_data",
      "out_of_range",
      "unknown_message",
      "blocked",
      "conflict",
      "stale",
      "rate_limited",
      "too_many_conversations",
    ],
  },
  {
    id: "listMessages",
    method: "get",
    path: messages,
    tag: "Messages",
    summary: "Read a page of history",
    description:
      "The messages directly below `before`, or directly above `after`, oldest first, without holes. `hasMore` says whether there are more in that direction. The page is true at its `rev`. While the archive is away the newest page still comes, older ones do not.",
    access: "user",
    query: pageQuerySchema,
    ownParameters: {
      after: {
        description: "The page directly above this `seq`; 0: the oldest. Not together with `before`.",
      },
    },
    answers: {
      200: {
        description: "A page.",
        schema: "Page",
        example: { messages: [question, reply], hasMore: false, head: 2, rev: 2 },
        headers: {
          "Pairline-Archived-Rev": "Up to which revision the archive was the source; 0: it was not.",
        },
      },
    },
    errors: [...peerErrors, "out_of_range"],
  },
  {
    id: "markRead",
    method: "put",
    path: "/v1/conversations/{peer}/read",
    tag: "Messages",
    summary: "Mark as read",
    description: "Moves the user's read cursor, forward only.",
    access: "user",
    body: { schema: "ReadBody", examples: { read: { summary: "Up to the first", value: { seq: 1 } } } },
    answers: { 200: { description: "The cursor.", schema: "ReadAnswer", example: { seq: 1 } } },
    errors: [...peerErrors, ...bodyErrors, "out_of_range", "rate_limited"],
  },
  {
    id: "editMessage",
    method: "patch",
    path: one,
    tag: "Messages",
    summary: "Edit a message",
    description: "Only its author may. A newer edit than the user had seen holds against theirs.",
    access: "user",
    body: {
      schema: "EditBody",
      examples: {
        edit: {
          summary: "Another text",
          value: { id: "c1e8a7f0-3b52-4d0e-8e64-7d9a5b2c4e44", after: 2, text: editedQuestion.text },
        },
      },
    },
    answers: {
      200: {
        description: "The edit is durable.",
        schema: "ChangeAnswer",
        example: { seq: 1, rev: 3, message: editedQuestion },
      },
    },
    errors: [
      ...peerErrors,
      ...bodyErrors,
      ...changeErrors,
      "bad_text",
      "blocked",
      "message_deleted",
      "not_author",
      "superseded",
      "too_late",
    ],
  },
  {
    id: "react",
    method: "put",
    path: reaction,
    tag: "Messages",
    summary: "React to a message",
    description: "Each user has each emoji once on a message. May be repeated.",
    access: "user",
    query: changeQuerySchema,
    answers: {
      200: {
        description: "The reaction is there.",
        schema: "ChangeAnswer",
        example: { seq: 1, rev: 4, message: { ...reactedQuestion, reactions: { "👍": [alice] } } },
      },
    },
    errors: reactionErrors,
  },
  {
    id: "takeReactionBack",
    method: "delete",
    path: reaction,
    tag: "Messages",
    summary: "Take a reaction back",
    description: "Removes the user's own reaction. May be repeated.",
    access: "user",
    query: changeQuerySchema,
    answers: {
      200: {
        description: "The reaction is gone.",
        schema: "ChangeAnswer",
        example: { seq: 1, rev: 5, message: { ...editedQuestion, rev: 5 } },
      },
    },
    errors: reactionErrors,
  },
  {
    id: "deleteMessage",
    method: "delete",
    path: one,
    tag: "Messages",
    summary: "Delete a message for both",
    description: "Only its author may. The message stays as a number; what it said is gone. May be repeated.",
    access: "user",
    query: changeQuerySchema,
    answers: {
      200: {
        description: "The message is deleted.",
        schema: "ChangeAnswer",
        example: { seq: 1, rev: 5, message: deletedQuestion },
      },
    },
    errors: [...peerErrors, ...changeErrors, "not_author"],
  },
];
