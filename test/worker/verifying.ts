import { expect } from "vitest";
import { verificationSchema, type Verification } from "../../src/protocol/verification.ts";
import { fillRecord, stubOf, type Users } from "./by-hand.ts";
import { env, origin, worker } from "./clients.ts";
import { archived } from "./stored.ts";
import { adminKey } from "./users.ts";

/** In every message, so that an answer is seen to hold nothing of it. */
export const secretText = "only these two may read it";

/** `POST /v1/admin/conversations/verify` of a deployment with the tests' admin key; a body that is text is sent as it is. */
export function postVerify(
  body: unknown,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${adminKey}` },
): Promise<Response> {
  return worker.fetch(`${origin}/v1/admin/conversations/verify`, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** One part of two users' conversation, whose answer holds nothing of what was said. */
export async function verifyPart(
  { a, b }: Users,
  more: { readonly from?: number; readonly repair?: boolean } = {},
): Promise<Verification> {
  const response = await postVerify({ users: [b, a], ...more });
  expect(response.status).toBe(200);
  expect(response.headers.get("cache-control")).toBe("no-store");
  const text = await response.text();
  expect(text).not.toContain(secretText);
  expect(text).not.toContain("tampered");
  return verificationSchema.strict().parse(JSON.parse(text));
}

/** All parts, each begun where the one before it said. */
export async function verifyAll(users: Users, repair: boolean): Promise<Verification[]> {
  const parts: Verification[] = [];
  for (let from: number | undefined = 1; from !== undefined; from = parts.at(-1)?.next) {
    parts.push(await verifyPart(users, { from, repair }));
  }
  return parts;
}

/** What is answered of a conversation of one part, all of it in D1. */
export function agreement(count: number): Verification {
  return { rev: count, archivedRev: count, checked: count, pending: 0, differences: [] };
}

/** A conversation of `count` messages, all of them in D1, whose object is awake and knows so. */
export async function talked(users: Users, count: number): Promise<void> {
  await fillRecord(stubOf(users), count, { textOf: (seq) => `${seq} ${secretText}` });
  await archived(env, users.a, users.b, count);
}
