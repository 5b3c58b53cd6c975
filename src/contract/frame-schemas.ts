import type * as z from "zod";
import { clientFrameSchema } from "../protocol/client-frame.ts";
import { inboxClientFrameSchema, inboxServerFrameSchema } from "../protocol/inbox-frame.ts";
import { limitsSchema } from "../protocol/limits.ts";
import { serverFrameSchema } from "../protocol/server-frame.ts";
import { frameTexts, type FrameText } from "./frame-texts.ts";
import type { NamedSchema } from "./schema-components.ts";
import { sharedSchemas } from "./shared-schemas.ts";

/** One kind of frame of one socket, in one direction. */
export interface FrameKind {
  readonly socket: "conversation" | "inbox";
  readonly from: "client" | "server";
  readonly type: string;
  /** The name of its schema and message in the document. */
  readonly id: string;
  readonly schema: z.ZodObject;
  readonly text: FrameText;
}

const sides = [
  { socket: "conversation", from: "client", union: clientFrameSchema },
  { socket: "conversation", from: "server", union: serverFrameSchema },
  { socket: "inbox", from: "client", union: inboxClientFrameSchema },
  { socket: "inbox", from: "server", union: inboxServerFrameSchema },
] as const;

/** Every kind of frame, as the zod unions of the protocol have them. */
export const frameKinds: readonly FrameKind[] = sides.flatMap(({ socket, from, union }) =>
  union.options.map((schema) => {
    const type = schema.shape.type.value;
    const id = [socket, from, type].map((word) => word[0]?.toUpperCase() + word.slice(1)).join("");
    return { socket, from, type, id, schema, text: frameTexts[socket][from][type] ?? { summary: "" } };
  }),
);

/** Everything that frames are made of. */
export const frameSchemas: readonly NamedSchema[] = [
  ...frameKinds.map(({ id, schema, text }) => ({
    id,
    schema,
    description: text.summary,
    ...(text.fields !== undefined && { fields: text.fields }),
  })),
  ...sharedSchemas,
  {
    id: "Limits",
    schema: limitsSchema,
    description:
      "Every limit that a client can meet, as this deployment has it. Bytes are bytes of UTF-8; `Ms` are milliseconds.",
    fields: {
      maxTextBytes: "Bytes of a message's text.",
      maxFrameBytes: "Bytes of a frame or a body.",
      maxMessageIdCharacters: "Characters of a client's `id`.",
      maxDataBytes: "Bytes of `data` as JSON without spaces.",
      maxDataDepth: "How many objects and arrays may lie in each other in `data`.",
      maxReactions: "Different emoji on a message.",
      editWindowMs: "How long after it was sent a message may be edited; missing: for ever.",
      sendsPerSecond: "Sends and changes of a user in a conversation, on average.",
      sendBurst: "Sends and changes at once.",
      signalsPerSecond: "Frames that are no sends or changes, on average.",
      signalBurst: "Such frames at once.",
      maxBadFrames: "Bad frames in a row after which a socket is closed.",
      maxDevices: "Sockets of a user in a conversation.",
      maxReplayChanges: "Changes of a replay; more is a `reset`.",
      maxReplayBytes: "Bytes of a replay; more is a `reset`.",
      maxOutstandingCharacters: "What a conversation's sockets together may leave unread.",
      maxPageMessages: "Messages of a page.",
      newConversationsPerHour: "Conversations that a user may begin in an hour.",
      presenceTtlMs: "How long after its last sign of life a socket counts as online.",
      maxListConversations: "Conversations of a page of the list.",
      maxPresencePeers: "Peers whose presence one socket follows.",
      inboxFramesPerSecond: "Frames over a user's inbox sockets together, on average.",
      inboxFrameBurst: "Such frames at once.",
    },
  },
];
