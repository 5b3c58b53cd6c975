import * as z from "zod";
import * as chats from "../protocol/chats.ts";
import { importAnswerSchema, importLineSchema, maxImportLines, rejectSchema } from "../protocol/import.ts";
import { archiveStandingSchema, inspectionSchema, objectIdsSchema } from "../protocol/inspection.ts";
import { writtenIdSchema } from "../protocol/numeric-id.ts";
import { problemSchema } from "../protocol/problem.ts";
import * as rest from "../protocol/rest.ts";
import {
  conversationPairsSchema,
  differenceSchema,
  verificationSchema,
  verifyBodySchema,
} from "../protocol/verification.ts";
import { sentFields } from "./frame-texts.ts";
import type { NamedSchema } from "./schema-components.ts";
import { sharedSchemas } from "./shared-schemas.ts";

const chatFields = {
  data: "What was asked for.",
  message: "That it went well, in the words of the replaced app.",
};

/** Every body and answer of REST. */
export const restSchemas: readonly NamedSchema[] = [
  {
    id: "SendBody",
    schema: rest.sendBodySchema,
    description: "A new message.",
    fields: sentFields,
  },
  {
    id: "SendAnswer",
    schema: rest.sendAnswerSchema,
    description: "The message is durable. A retry gets the first one's numbers.",
  },
  { id: "EditBody", schema: rest.editBodySchema, description: "Another text for a message of one's own." },
  {
    id: "ChangeAnswer",
    schema: rest.changeAnswerSchema,
    description: "The change is durable: the `rev` it took, and the message as it is now.",
  },
  {
    id: "Page",
    schema: rest.pageSchema,
    description: "A page of history, without holes.",
    fields: { rev: "The revision that the page is true at." },
  },
  {
    id: "ReadBody",
    schema: rest.readBodySchema,
    description: "Everything up to `seq` was read.",
    fields: { seq: "The newest message that was read." },
  },
  {
    id: "ReadAnswer",
    schema: rest.readAnswerSchema,
    description: "The cursor after the call, never lower than before.",
    fields: { seq: "The newest message that was read." },
  },
  {
    id: "OwnConversation",
    schema: rest.ownSummarySchema,
    description: "A conversation at a glance, as the user of the token sees it.",
  },
  { id: "FlagsBody", schema: rest.flagsBodySchema, description: "The flags to set, at least one." },
  {
    id: "User",
    schema: rest.userSchema,
    description: "What a user is called and looks like.",
    fields: { id: "The user's id." },
  },
  {
    id: "AdminUserBody",
    schema: rest.adminUserBodySchema,
    description: "Replaces name and picture; without `aliases` those stay as they are.",
  },
  {
    id: "AdminUser",
    schema: rest.adminUserSchema,
    description: "What is known of the user from now on.",
    fields: { id: "The user's id." },
  },
  { id: "PresenceBody", schema: rest.presenceBodySchema, description: "Whether others see the user online." },
  {
    id: "Health",
    schema: rest.healthSchema,
    description: "Whether the Worker can do its job.",
    fields: {
      status: "`ok` when all is well.",
      archive: "Whether D1 can be reached and has its tables.",
      keys: "Whether a key is configured that tokens are checked with.",
      version: "The version of the protocol.",
    },
  },
  {
    id: "VerifyBody",
    schema: verifyBodySchema,
    description: "Which part of which conversation to compare.",
    fields: {
      from: "The number of the message where the part begins.",
      repair: "Whether what differs is archived again.",
    },
  },
  {
    id: "Verification",
    schema: verificationSchema,
    description: "One part of a comparison of a conversation's record with D1.",
    fields: {
      rev: "The record's revision.",
      archivedRev: "D1's revision.",
      checked: "How many messages were compared.",
      pending: "How many rows are on their way to D1.",
      differences: "Where D1 is not as the record.",
      remaining: "With `repair`: how many differences are left.",
      next: "Where the next part begins; missing after the last.",
    },
  },
  {
    id: "Difference",
    schema: differenceSchema,
    description: "A row in which D1 is not as the record; without `seq` the conversation's summary.",
    fields: {
      kind: "Whether D1 lacks the row, has one too many, or another one.",
      columns: "Which columns differ, never what is in them.",
    },
  },
  {
    id: "ConversationPairs",
    schema: conversationPairsSchema,
    description: "Conversations, each as its two users.",
    fields: {
      conversations: "The two users of each.",
      nextCursor: "What the next page is asked with; missing on the last.",
    },
  },
  {
    id: "Inspection",
    schema: inspectionSchema,
    description: "How a conversation's object stands. What comes in pairs is in the order of `users`.",
    fields: {
      users: "Both users.",
      lastAt: "When the newest message was sent.",
      read: "Up to where each has read.",
      delivered: "Up to where each has everything.",
      blocked: "Whether each has blocked the other.",
      sockets: "Each one's sockets in the conversation itself.",
      archive: "How far D1 is.",
      owesInboxes: "Whether an inbox is still to be told of something.",
      objectIds: "What the log's lines call these objects.",
    },
  },
  {
    id: "ArchiveStanding",
    schema: archiveStandingSchema,
    description: "How far D1 is, as far as the object knows.",
    fields: {
      rev: "D1's revision; missing where D1 did not answer within a second to an object that slept.",
      lag: "How many revisions D1 lacks; missing with `rev`.",
      failingSince: "Since when it could not be written; missing while it can.",
    },
  },
  {
    id: "ObjectIds",
    schema: objectIdsSchema,
    description: "What the log's lines call objects.",
    fields: { conversation: "The conversation's.", inboxes: "Each user's inbox." },
  },
  {
    id: "ImportBody",
    schema: z.object({ messages: z.array(importLineSchema).min(1).max(maxImportLines) }),
    description: "Messages of before, those of a conversation in the order of their times.",
    fields: { messages: "Each is judged by itself." },
  },
  {
    id: "ImportLine",
    schema: importLineSchema,
    description: "A message of before.",
    fields: {
      sender: "Who wrote it.",
      receiver: "To whom.",
      createdAt: "Milliseconds since the epoch, or ISO 8601; without a zone it is UTC.",
      oldId: "Its name in the replaced app.",
    },
  },
  {
    id: "ImportAnswer",
    schema: importAnswerSchema,
    description: "What became of the messages.",
    fields: {
      imported: "How many were stored.",
      alreadyThere: "How many had been imported before.",
      rejected: "Which were not stored, and why.",
    },
  },
  {
    id: "Reject",
    schema: rejectSchema,
    description: "A message that was not stored.",
    fields: { index: "Which of the request's, from 0.", code: "Why.", message: "The same in words." },
  },
  {
    id: "ChatBody",
    schema: chats.chatBodySchema,
    description: "A new message as the replaced app took it.",
    fields: { sender_id: "May repeat the user of the token; naming anybody else is refused." },
  },
  {
    id: "ChatAnswer",
    schema: chats.chatAnswerSchema,
    description: "The message that was stored.",
    fields: chatFields,
  },
  {
    id: "ChatsAnswer",
    schema: chats.chatsAnswerSchema,
    description: "Messages as the replaced app answered them, newest first.",
    fields: chatFields,
  },
  {
    id: "Chat",
    schema: chats.chatSchema,
    description: "A message as the replaced app stored it.",
    fields: {
      id: "The message's number in its conversation, its `seq`.",
      timestamp: "When the message was stored: ISO 8601 in UTC, with milliseconds and `Z`.",
    },
  },
  {
    id: "WrittenId",
    schema: writtenIdSchema,
    description:
      "A user id. One that is the decimal text of a whole number up to 2^53 − 1 is written as that number; both forms are taken.",
  },
  {
    id: "Problem",
    schema: problemSchema,
    description: "Problem details (RFC 9457), the answer to every refused request.",
    fields: { type: "`urn:pairline:error:` and the code." },
  },
  ...sharedSchemas,
];
