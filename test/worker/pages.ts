import { expect } from "vitest";
import { archivedRevHeader, pageSchema, type Page } from "../../src/protocol/rest.ts";
import { upTo, type Users } from "./by-hand.ts";
import { env, freshUsers, rest } from "./clients.ts";
import { archived } from "./stored.ts";

export const conversationLength = 23;

/** 23 messages of both, sent over REST and in D1. */
export async function archivedConversation(): Promise<Users> {
  const users = freshUsers();
  await send(users, 1, conversationLength);
  await archived(env, users.a, users.b, conversationLength);
  return users;
}

export async function send({ a, b }: Users, from: number, to: number): Promise<void> {
  for (const nth of upTo(to, from)) {
    const [author, peer] = nth % 3 === 0 ? [b, a] : [a, b];
    const body = { id: `m${nth}`, text: `text ${nth}` };
    expect((await rest(author, peer, "POST", "/messages", body)).status).toBe(201);
  }
}

export async function getPage({ a, b }: Users, path: string): Promise<{ page: Page; archivedRev: number }> {
  const response = await rest(a, b, "GET", path);
  expect(response.status).toBe(200);
  const page = pageSchema.parse(await response.json());
  return { page, archivedRev: Number(response.headers.get(archivedRevHeader)) };
}
