import { ping, pong } from "../protocol/heartbeat.ts";
import { bearerPrefix, protocolVersion } from "../protocol/version.ts";
import { errorTable } from "./error-table.ts";
import { examplesOf } from "./frame-examples.ts";
import { frameKinds, frameSchemas, type FrameKind } from "./frame-schemas.ts";
import { queryParameters } from "./parameters.ts";
import { refTo, schemaComponents, type JsonSchema } from "./schema-components.ts";

type Socket = FrameKind["socket"];

export const sockets = ["conversation", "inbox"] as const;

/** The two sockets. */
export const channels = {
  conversation: {
    address: "/v1/conversations/{peer}/socket",
    title: "A conversation's socket",
    description:
      "One conversation, live. First come the messages after `after` (none without it; from the start with 0), then `ready`, then everything as it happens.",
    parameters: { peer: { description: "The other user's id, percent-encoded." } },
    query: {
      type: "object",
      properties: {
        after: {
          type: "integer",
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: queryParameters["after"]?.description,
        },
      },
    },
  },
  inbox: {
    address: "/v1/socket",
    title: "The inbox socket",
    description:
      "All of the user's conversations over one socket: the frames of a conversation's socket with a `peer`, the list, and presence.",
  },
} as const;

/** What answers a client's frame, by its type; the others are answered by no frame of their own. */
const replies: Readonly<Record<string, readonly string[]>> = {
  send: ["ack", "error"],
  edit: ["ack", "error"],
  delete: ["ack", "error"],
  react: ["ack", "error"],
  sync: ["synced", "error"],
  subscribe: ["presence", "error"],
};

/** `GET /asyncapi.json`: every frame of both sockets, in AsyncAPI 3.0. */
export function asyncApiDocument() {
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Pairline",
      version: "1",
      description: `The WebSockets of Pairline, subprotocol \`${protocolVersion}\`: JSON text frames. Operations are named from the server's side: it receives what clients send. Clients ignore fields that they do not know, and send the text \`${ping}\` every half minute as their sign of life. Times are milliseconds since the epoch.`,
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
    defaultContentType: "application/json",
    servers: {
      deployment: {
        host: "{host}",
        protocol: "wss",
        description: "A deployment: the host that serves this document.",
        variables: { host: { default: "pairline.example.com", description: "Where the Worker answers." } },
      },
      local: { host: "127.0.0.1:8787", protocol: "ws", description: "What `npm start` starts." },
    },
    channels: Object.fromEntries(sockets.map((socket) => [socket, channelOf(socket)])),
    operations: Object.fromEntries([...frameKinds.map(operationOf), ...sockets.flatMap(heartbeatOf)]),
    components: {
      messages: {
        ...Object.fromEntries(frameKinds.map((kind) => [kind.id, messageOf(kind)])),
        Ping: heartbeat(ping, "The client's sign of life, a bare text."),
        Pong: heartbeat(pong, "The answer, given without waking anything."),
      },
      securitySchemes: {
        subprotocol: {
          type: "httpApiKey",
          in: "header",
          name: "Sec-WebSocket-Protocol",
          description: `\`${protocolVersion}, ${bearerPrefix}<token>\`: for browsers, which cannot set headers on a WebSocket.`,
        },
        header: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "For everybody else." },
      },
      schemas: schemaComponents(frameSchemas, "draft-07"),
    },
  };
}

function channelOf(socket: Socket) {
  const { address, title, description, ...more } = channels[socket];
  const bindings = { method: "GET", ...("query" in more && { query: more.query }) };
  return {
    address,
    title,
    description,
    ...("parameters" in more && { parameters: more.parameters }),
    bindings: { ws: bindings },
    messages: Object.fromEntries([
      ...frameKinds.filter((kind) => kind.socket === socket).map(({ id }) => [id, messageRef(id)]),
      ["Ping", messageRef("Ping")],
      ["Pong", messageRef("Pong")],
    ]),
    "x-close-codes": closeCodes,
  };
}

/** How the server ends a socket; the reason begins with the name of the error. */
const closeCodes = [
  { closeCode: 1000, codes: [], title: "The client closed it" },
  ...[...Map.groupBy(errorTable, ({ closeCode }) => closeCode)]
    .map(([closeCode, rows]) => ({
      closeCode,
      codes: rows.map(({ code }) => code),
      title: rows.map(({ title }) => title).join("; "),
    }))
    .toSorted((one, other) => one.closeCode - other.closeCode),
];

function messageOf(kind: FrameKind) {
  return {
    name: kind.type,
    title: kind.type,
    summary: kind.text.summary,
    contentType: "application/json",
    payload: refTo(kind.id),
    examples: examplesOf(kind).map((payload, index) => ({ name: `${kind.type}${index + 1}`, payload })),
  };
}

function heartbeat(text: string, summary: string) {
  const payload: JsonSchema = { type: "string", const: text };
  return { name: text, title: text, summary, contentType: "text/plain", payload };
}

function operationOf({ socket, from, type, id, text }: FrameKind) {
  const answers = from === "client" ? replies[type] : undefined;
  const serverId = (answer: string) =>
    frameKinds.find((kind) => kind.socket === socket && kind.from === "server" && kind.type === answer)?.id;
  const operation = operationOn(socket, from === "client" ? "receive" : "send", id, text.summary);
  return [
    id,
    {
      ...operation,
      ...(answers !== undefined && {
        reply: {
          channel: operation.channel,
          messages: answers.map((answer) => channelMessageRef(socket, serverId(answer) ?? answer)),
        },
      }),
    },
  ] as const;
}

function heartbeatOf(socket: Socket) {
  const operation = operationOn(socket, "receive", "Ping", "The heartbeat, every half minute.");
  const reply = { channel: operation.channel, messages: [channelMessageRef(socket, "Pong")] };
  return [[`${socket}Heartbeat`, { ...operation, reply }]] as const;
}

function operationOn(socket: Socket, action: "send" | "receive", message: string, summary: string) {
  return {
    action,
    channel: { $ref: `#/channels/${socket}` },
    summary,
    security: [
      { $ref: "#/components/securitySchemes/subprotocol" },
      { $ref: "#/components/securitySchemes/header" },
    ],
    messages: [channelMessageRef(socket, message)],
  };
}

function messageRef(id: string) {
  return { $ref: `#/components/messages/${id}` };
}

function channelMessageRef(socket: Socket, id: string) {
  return { $ref: `#/channels/${socket}/messages/${id}` };
}
