import { chatsQuerySchema, toChat } from "../protocol/chats.ts";
import { alice, bob, question, reply } from "./examples.ts";
import { bodyErrors, peerErrors, type Operation } from "./operation.ts";

const [asked, answered] = [question, reply].map((message) => toChat(message, [alice, bob]));

export const chatOperations: readonly Operation[] = [
  {
    id: "listChats",
    method: "get",
    path: "/api/chats/me/{correspondent_id}",
    tag: "Chats",
    summary: "Read messages as the replaced app answered them",
    description:
      'The user\'s messages with one other, newest first. What was deleted, or has no text, is left out. `Link` with `rel="next"` leads to older ones.',
    access: "user",
    query: chatsQuerySchema,
    answers: {
      200: {
        description: "The messages.",
        schema: "ChatsAnswer",
        example: { data: [answered, asked], message: "SUCCESS: current user dms retrieved." },
      },
    },
    errors: [...peerErrors, "out_of_range"],
  },
  {
    id: "sendChat",
    method: "post",
    path: "/api/chats",
    tag: "Chats",
    summary: "Send a message as the replaced app took it",
    description:
      "The sender is the user of the token. Each request is a message of its own, a repeated one too: who wants to repeat sends with an `id`, `POST /v1/conversations/{peer}/messages`.",
    access: "user",
    body: {
      schema: "ChatBody",
      examples: {
        text: { summary: "To an id that is text", value: { receiver_id: bob, content: question.text } },
        number: {
          summary: "To an id that is a number",
          value: { receiver_id: 42, content: "Welcome!", sender_id: alice },
        },
      },
    },
    answers: {
      201: {
        description: "The message is stored.",
        schema: "ChatAnswer",
        example: { data: asked, message: "SUCCESS: create a personal chat message." },
      },
    },
    errors: [
      ...peerErrors,
      ...bodyErrors,
      "bad_text",
      "blocked",
      "out_of_range",
      "stale",
      "rate_limited",
      "too_many_conversations",
    ],
  },
  {
    id: "listAnybodysChats",
    method: "get",
    path: "/api/chats/{user_id}",
    tag: "Chats",
    summary: "Not served any more",
    description:
      'The replaced app answered all messages of any user to anybody. `Link` with `rel="successor-version"` names what to ask instead.',
    access: "none",
    answers: {},
    errors: ["gone"],
  },
];
