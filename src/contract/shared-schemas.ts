import {
  conversationListSchema,
  listedConversationSchema,
  profileSchema,
} from "../protocol/conversation-list.ts";
import { messageIdSchema, userIdSchema } from "../protocol/identity.ts";
import { messageSchema, quoteSchema } from "../protocol/message.ts";
import { errorCodeSchema } from "../protocol/problem.ts";
import type { NamedSchema } from "./schema-components.ts";

/** What both REST and the sockets carry. */
export const sharedSchemas: readonly NamedSchema[] = [
  {
    id: "Message",
    schema: messageSchema,
    description: "A message as everybody sees it, the same in frames, pages and answers.",
    fields: {
      id: "The name that its author gave the send.",
      rev: "The revision that last changed it. Of two forms of a message the higher `rev` is newer.",
    },
  },
  {
    id: "Quote",
    schema: quoteSchema,
    description: "What a reply shows of the message that it answers.",
    fields: { text: "Its first 140 characters; empty once it is deleted.", author: "Who wrote it." },
  },
  {
    id: "Conversation",
    schema: listedConversationSchema,
    description:
      "A conversation at a glance, as one of its users sees it. Of two forms the higher `rev` is newer, then the higher `state`; read cursors only grow.",
  },
  {
    id: "ConversationList",
    schema: conversationListSchema,
    description: "A page of the user's conversations.",
    fields: {
      unread: "Unread messages, and conversations that have some, over all that the query selects.",
    },
  },
  { id: "Profile", schema: profileSchema, description: "What a user is called and looks like." },
  {
    id: "UserId",
    schema: userIdSchema,
    description: "1–128 printable ASCII characters, compared exactly; not `.` or `..`.",
  },
  {
    id: "MessageId",
    schema: messageIdSchema,
    description: "1–64 printable ASCII characters, random, unique per author over all devices.",
  },
  { id: "ErrorCode", schema: errorCodeSchema, description: "The name of an error of the catalogue." },
];
