import { alice, bob } from "./examples.ts";
import { pairsQuerySchema } from "../protocol/verification.ts";
import { bodyErrors, type Operation } from "./operation.ts";

const visible = { visible: true };
const named = { name: "Alice", picture: "https://app.example/alice.jpg" };

export const userOperations: readonly Operation[] = [
  {
    id: "getUser",
    method: "get",
    path: "/v1/users/{id}",
    tag: "Users",
    summary: "See what a user is called",
    description: "Name and picture, where they are known; also for an id that nobody knows.",
    access: "user",
    answers: { 200: { description: "The user.", schema: "User", example: { id: alice, ...named } } },
    errors: ["bad_peer", "unknown_peer"],
  },
  {
    id: "getVisibility",
    method: "get",
    path: "/v1/me/presence",
    tag: "Users",
    summary: "See whether others see you online",
    description: "Whether the user of the token shows when they are online.",
    access: "user",
    answers: { 200: { description: "The setting.", schema: "PresenceBody", example: visible } },
    errors: [],
  },
  {
    id: "setVisibility",
    method: "put",
    path: "/v1/me/presence",
    tag: "Users",
    summary: "Hide or show yourself",
    description:
      "Hidden, the user is offline for everybody, at once and without a time when they were last seen.",
    access: "user",
    body: {
      schema: "PresenceBody",
      examples: { show: { summary: "Show yourself", value: visible } },
    },
    answers: { 200: { description: "The setting.", schema: "PresenceBody", example: visible } },
    errors: bodyErrors,
  },
  {
    id: "setUser",
    method: "put",
    path: "/v1/admin/users/{id}",
    tag: "Operators",
    summary: "Set a user",
    description:
      "For your servers, with the admin key: replaces name and picture of a user, who may not have signed in yet; without `aliases` those stay. Pages of a browser are refused.",
    access: "admin",
    body: {
      schema: "AdminUserBody",
      examples: {
        named: {
          summary: "Name, picture and another name",
          value: { ...named, aliases: ["alice@app.example"] },
        },
      },
    },
    answers: {
      200: {
        description: "The user as it is then.",
        schema: "AdminUser",
        example: { id: alice, ...named, aliases: ["alice@app.example"] },
      },
    },
    errors: [...bodyErrors, "bad_peer", "alias_taken"],
  },
  {
    id: "verifyConversation",
    method: "post",
    path: "/v1/admin/conversations/verify",
    tag: "Operators",
    summary: "Compare a conversation with D1",
    description:
      "For operators, with the admin key: compares a conversation's record with D1, 500 messages at a time, and with `repair` archives again what differs. Says which rows and columns differ, never what is in them.",
    access: "admin",
    body: {
      schema: "VerifyBody",
      examples: { verify: { summary: "The first part", value: { users: [alice, bob] } } },
    },
    answers: {
      200: {
        description: "What was found.",
        schema: "Verification",
        example: { rev: 5, archivedRev: 5, checked: 2, pending: 0, differences: [] },
      },
    },
    errors: [...bodyErrors, "bad_peer"],
  },
  {
    id: "listAllConversations",
    method: "get",
    path: "/v1/admin/conversations",
    tag: "Operators",
    summary: "List all conversations",
    description:
      "For operators, with the admin key: who talks with whom, as far as D1 knows, in an order that does not change.",
    access: "admin",
    query: pairsQuerySchema,
    answers: {
      200: {
        description: "A page.",
        schema: "ConversationPairs",
        example: { conversations: [[alice, bob]] },
      },
    },
    errors: ["out_of_range", "archive_unavailable"],
  },
  {
    id: "inspectConversation",
    method: "get",
    path: "/v1/admin/conversations/{one}/{other}",
    tag: "Operators",
    summary: "See how a conversation stands",
    description:
      "For support, with the admin key: numbers and times of a conversation's object, nothing that was said.",
    access: "admin",
    answers: {
      200: {
        description: "How it stands.",
        schema: "Inspection",
        example: {
          users: [alice, bob],
          head: 2,
          rev: 5,
          lastAt: 1_700_000_000_000,
          read: [2, 1],
          delivered: [2, 2],
          blocked: [false, false],
          sockets: [1, 0],
          archive: { rev: 5, lag: 0 },
          owesInboxes: false,
          objectIds: {
            conversation: "5b2f…",
            inboxes: ["c01d…", "77ae…"],
          },
        },
      },
    },
    errors: ["bad_peer"],
  },
  {
    id: "importMessages",
    method: "post",
    path: "/v1/admin/import",
    tag: "Operators",
    summary: "Import messages of before",
    description:
      "With the admin key: takes messages of a replaced app into conversations that have none of their own yet, with their authors and times. May be repeated: what was imported changes nothing.",
    access: "admin",
    body: {
      schema: "ImportBody",
      examples: {
        message: {
          summary: "One message",
          value: {
            messages: [
              { sender: "carol", receiver: "dave", text: "Hi Dave", createdAt: 1_700_000_000_000, oldId: 17 },
            ],
          },
        },
      },
    },
    answers: {
      200: {
        description: "What became of them; all that was taken is durable and archived.",
        schema: "ImportAnswer",
        example: { imported: 1, alreadyThere: 0, rejected: [] },
      },
    },
    errors: bodyErrors,
  },
  {
    id: "health",
    method: "get",
    path: "/health",
    tag: "Operators",
    summary: "Check that it works",
    description: "Is D1 reachable and migrated, is a key configured.",
    access: "none",
    answers: {
      200: {
        description: "All is well.",
        schema: "Health",
        example: { status: "ok", archive: "ok", keys: "configured", version: "pairline.v1" },
      },
      503: {
        description: "Something is missing; `Retry-After` says when to ask again.",
        schema: "Health",
        example: {
          status: "unavailable",
          archive: "not_migrated",
          keys: "configured",
          version: "pairline.v1",
        },
      },
    },
    errors: [],
  },
];
