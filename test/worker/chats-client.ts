import { chatAnswerSchema, chatsAnswerSchema, type Chat } from "../../src/protocol/chats.ts";
import { origin, tokenFor, worker } from "./clients.ts";

/** A request of the replaced app's client, below `/api/chats`. A body that is text is sent as it is. */
export async function askChats(
  user: string | undefined,
  method: string,
  path = "",
  body?: unknown,
): Promise<Response> {
  return worker.fetch(`${origin}/api/chats${path}`, {
    method,
    headers: user === undefined ? {} : { authorization: `Bearer ${await tokenFor(user)}` },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

/** Sends a message and answers it as it was stored. Throws where it was refused. */
export async function postChat(user: string, body: object): Promise<Chat> {
  const response = await askChats(user, "POST", "", body);
  if (response.status !== 201) {
    throw new Error(`the message was not sent: ${await response.text()}`);
  }
  return chatAnswerSchema.parse(await response.json()).data;
}

/** The messages of an answer, and where its `Link` leads. Throws where it was refused. */
export async function getChats(user: string, path: string): Promise<{ data: Chat[]; next?: string }> {
  const response = await askChats(user, "GET", `/me/${path}`);
  if (response.status !== 200) {
    throw new Error(`the messages were not read: ${await response.text()}`);
  }
  const { data } = chatsAnswerSchema.parse(await response.json());
  const next = /^<\/api\/chats\/me\/(.+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];
  return { data, ...(next !== undefined && { next }) };
}

/** All answers from the newest on, as a client that follows `Link` gets them. */
export async function walkChats(user: string, path: string): Promise<Chat[][]> {
  const answers: Chat[][] = [];
  for (let at: string | undefined = path; at !== undefined;) {
    const { data, next }: { data: Chat[]; next?: string } = await getChats(user, at);
    answers.push(data);
    at = next;
  }
  return answers;
}

/** Two users whose ids are numbers nobody else uses. */
export function numberedUsers(): { readonly one: number; readonly other: number } {
  const [low = 0, high = 0] = crypto.getRandomValues(new Uint32Array(2));
  const one = high * 2 ** 16 + low;
  return { one, other: one + 1 };
}
