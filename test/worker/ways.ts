import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import { problemSchema } from "../../src/protocol/problem.ts";
import type { Message } from "../../src/protocol/message.ts";
import { connect, rest, type Client } from "./clients.ts";
import { connectInbox, type InboxClient } from "./inbox-client.ts";

/** The three ways in. */
export const ways = ["a conversation socket", "an inbox socket", "REST"] as const;
export type Way = (typeof ways)[number];

/** How a send or change was answered, whichever way it went. REST answers the message too. */
export type Answer =
  | { readonly seq: number; readonly rev: number; readonly message?: Message; readonly status?: number }
  | {
      readonly code: ErrorCode;
      readonly field?: string | undefined;
      readonly id?: string | undefined;
      readonly status?: number;
    };

/** One user's client on one way in. */
export interface Writer {
  readonly write: (frame: WriteFrame) => Promise<Answer>;
  /** The text of a frame, whatever it holds; over REST, the body of the route that takes such frames. */
  readonly writeText: (text: string) => Promise<Answer>;
  /** Its socket; there is none over REST. */
  readonly socket?: Client | InboxClient;
}

export async function writerOf(way: Way, user: string, peer: string): Promise<Writer> {
  if (way === "REST") {
    const post = (text: string) => rest(user, peer, "POST", "/messages", text);
    return {
      write: async (frame) => restAnswer(await rest(user, peer, ...requestOf(frame))),
      writeText: async (text) => restAnswer(await post(text)),
    };
  }
  const isInbox = way === "an inbox socket";
  const socket = isInbox ? await connectInbox(user) : await connect(user, peer);
  const writeText = async (text: string, id?: string): Promise<Answer> => {
    const from = socket.frames.length;
    socket.sendRaw(isInbox ? `{"peer":${JSON.stringify(peer)},${text.slice(1)}` : text);
    return socketAnswer(await socket.answer(from, id));
  };
  return { socket, writeText, write: (frame) => writeText(JSON.stringify(frame), frame.id) };
}

/** The request that says what a frame says. */
function requestOf(frame: WriteFrame): [method: string, path: string, body?: object] {
  if (frame.type === "send") {
    return ["POST", "/messages", frame];
  }
  const path = `/messages/${frame.seq}`;
  const query = `?id=${encodeURIComponent(frame.id)}`;
  if (frame.type === "edit") {
    return ["PATCH", path, frame];
  }
  return frame.type === "delete"
    ? ["DELETE", path + query]
    : [frame.on ? "PUT" : "DELETE", `${path}/reactions/${encodeURIComponent(frame.emoji)}${query}`];
}

async function restAnswer(response: Response): Promise<Answer> {
  const { status } = response;
  const body = await response.json();
  if (status < 300) {
    return { status, ...(body as { seq: number; rev: number; message: Message }) };
  }
  const { code, field } = problemSchema.parse(body);
  return { status, code, field };
}

function socketAnswer(frame: Awaited<ReturnType<SocketAnswer>>): Answer {
  if (frame.type === "ack") {
    return { seq: frame.seq, rev: frame.rev };
  }
  if (frame.type === "error") {
    return { code: frame.code, field: frame.field, id: frame.id };
  }
  throw new Error(`${frame.type} is no answer`);
}
type SocketAnswer = (Client | InboxClient)["answer"];
