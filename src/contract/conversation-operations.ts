import { flagsBodySchema, listQuerySchema, socketQuerySchema, type FlagsBody } from "../protocol/rest.ts";
import { alice, at, conversation, listedConversation } from "./examples.ts";
import { bodyErrors, peerErrors, type Operation } from "./operation.ts";

const own = { ...conversation, you: alice };
const flagErrors = ["rate_limited", "too_many_conversations"] as const;
const flag = flagsBodySchema.parse({ muted: true }) satisfies FlagsBody;
const one = "/v1/conversations/{peer}";

const upgrade = {
  description: "The socket is open; its frames are those of [asyncapi.json](/asyncapi.json).",
  headers: { "Sec-WebSocket-Protocol": "`pairline.v1`, where the client offered it." },
};

export const conversationOperations: readonly Operation[] = [
  {
    id: "listConversations",
    method: "get",
    path: "/v1/conversations",
    tag: "Conversations",
    summary: "List the conversations",
    description:
      "The user's conversations that have a message, the newest message first. `unread` counts over everything that the query selects. With `changedSince` only what moved since an earlier answer.",
    access: "user",
    query: listQuerySchema,
    answers: {
      200: {
        description: "A page of the list.",
        schema: "ConversationList",
        example: {
          conversations: [listedConversation],
          unread: { messages: 1, conversations: 1 },
          position: at(90),
        },
      },
    },
    errors: ["bad_request", "out_of_range"],
  },
  {
    id: "getConversation",
    method: "get",
    path: one,
    tag: "Conversations",
    summary: "See how a conversation stands",
    description:
      "Head, revision, both read cursors, unread, flags and the last message, as the record has them.",
    access: "user",
    answers: { 200: { description: "The conversation.", schema: "OwnConversation", example: own } },
    errors: peerErrors,
  },
  {
    id: "setFlags",
    method: "patch",
    path: one,
    tag: "Conversations",
    summary: "Mute or archive",
    description:
      "Sets the user's own flags, also before the first message. The peer is not told. A new message brings an archived conversation back.",
    access: "user",
    body: { schema: "FlagsBody", examples: { mute: { summary: "Mute", value: flag } } },
    answers: {
      200: {
        description: "The conversation as it is then.",
        schema: "OwnConversation",
        example: { ...own, state: 1, muted: true },
      },
    },
    errors: [...peerErrors, ...bodyErrors, ...flagErrors],
  },
  {
    id: "block",
    method: "put",
    path: `${one}/block`,
    tag: "Conversations",
    summary: "Block the peer",
    description:
      "From then on nothing that the peer sends or changes gets through, and they see the user offline. May be repeated.",
    access: "user",
    answers: {
      200: {
        description: "The conversation as it is then.",
        schema: "OwnConversation",
        example: { ...own, state: 1, blocked: true },
      },
    },
    errors: [...peerErrors, ...flagErrors],
  },
  {
    id: "unblock",
    method: "delete",
    path: `${one}/block`,
    tag: "Conversations",
    summary: "Lift the block",
    description: "Lifts the user's own block; one that the peer set stays. May be repeated.",
    access: "user",
    answers: {
      200: {
        description: "The conversation as it is then.",
        schema: "OwnConversation",
        example: { ...own, state: 2 },
      },
    },
    errors: [...peerErrors, ...flagErrors],
  },
  {
    id: "openConversationSocket",
    method: "get",
    path: `${one}/socket`,
    tag: "Sockets",
    summary: "Open a conversation's socket",
    description:
      "A WebSocket to one conversation: what changed after `after`, then `ready`, then everything live. Send `Sec-WebSocket-Protocol: pairline.v1, bearer.<token>`, or an `Authorization` header.",
    access: "user",
    query: socketQuerySchema,
    answers: { 101: upgrade },
    errors: [...peerErrors, "out_of_range", "upgrade_required", "origin_refused"],
  },
  {
    id: "openInboxSocket",
    method: "get",
    path: "/v1/socket",
    tag: "Sockets",
    summary: "Open the inbox socket",
    description:
      "A WebSocket to all of the user's conversations: `ready` with the list, then everything live. Opened like a conversation's socket.",
    access: "user",
    answers: { 101: upgrade },
    errors: ["upgrade_required", "origin_refused"],
  },
];
