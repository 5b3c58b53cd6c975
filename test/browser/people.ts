import { signToken } from "../../src/commands/sign-token.ts";
import type { Place } from "../e2e/local-worker.ts";

/** Makes the server know a user by a name to show, as their first sign-in with such a token does. */
export async function signInAs(place: Place, user: string, name: string): Promise<void> {
  const token = await signToken(user, place.environment["JWT_SECRET"] ?? "", {}, name);
  await call(place, token, "GET", `/v1/users/${encodeURIComponent(user)}`);
  // What a token says is kept behind the answer.
  for (;;) {
    const known = (await call(place, token, "GET", `/v1/users/${encodeURIComponent(user)}`)) as {
      name?: string;
    };
    if (known.name === name) {
      return;
    }
  }
}

/** A message by REST: from another device of its author. */
export async function post(place: Place, from: string, to: string, content: object): Promise<number> {
  const body = { id: crypto.randomUUID(), ...content };
  const sent = await call(place, await place.token(from), "POST", messagesOf(to), body);
  return (sent as { seq: number }).seq;
}

export async function editElsewhere(place: Place, author: string, peer: string, seq: number, text: string) {
  const body = { id: crypto.randomUUID(), text };
  await call(place, await place.token(author), "PATCH", `${messagesOf(peer)}/${seq}`, body);
}

export async function deleteElsewhere(
  place: Place,
  author: string,
  peer: string,
  seq: number,
): Promise<void> {
  await call(place, await place.token(author), "DELETE", `${messagesOf(peer)}/${seq}`);
}

/** How many messages a conversation has, and what they say. */
export async function textsAt(place: Place, user: string, peer: string): Promise<string[]> {
  const page = (await call(place, await place.token(user), "GET", messagesOf(peer))) as {
    messages: { text: string }[];
  };
  return page.messages.map(({ text }) => text);
}

function messagesOf(peer: string): string {
  return `/v1/conversations/${encodeURIComponent(peer)}/messages`;
}

async function call(
  place: Place,
  token: string,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(place.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) {
    throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  }
  return response.json();
}
