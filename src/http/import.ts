import type { Context } from "hono";
import {
  importBodySchema,
  importedMessageSchema,
  maxImportBytes,
  type ImportAnswer,
  type ImportedMessage,
  type Reject,
} from "../protocol/import.ts";
import { conversationName } from "../protocol/pair.ts";
import { resolveUser } from "../users/resolve.ts";
import { waitUntilReplicated } from "./addressed.ts";
import type { HttpEnv } from "./door.ts";
import { bodyOf } from "./input.ts";
import type { ImportOutcome, ImportResult } from "../rpc/conversation.ts";

/** Conversations that are written at a time: each is a request of its own, and a Worker may have six open. */
const conversationsAtOnce = 6;

/** A line, and which of the request's it is. */
interface ImportRow {
  readonly index: number;
  readonly message: ImportedMessage;
}

/** `POST /v1/admin/import`: answers when all of it is durable and archived. Throws a RequestRefused or an ArchiveError. */
export async function importMessages(context: Context<HttpEnv>): Promise<Response> {
  const { messages } = await bodyOf(context, importBodySchema, maxImportBytes);
  const rejected: Reject[] = [];
  const conversations = new Map<string, ImportRow[]>();
  for (const [index, value] of messages.entries()) {
    const line = await lineFrom(context, index, value);
    if ("code" in line) {
      rejected.push(line);
    } else {
      const name = conversationName(line.message.sender, line.message.receiver);
      conversations.set(name, [...(conversations.get(name) ?? []), line]);
    }
  }
  const outcomes: ImportOutcome[] = [];
  const waiting = [...conversations];
  await Promise.all(
    Array.from({ length: conversationsAtOnce }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [name, lines] = next;
        const reply = await importConversation(context, name, lines);
        outcomes.push(...reply);
        rejected.push(...rejectsOf(lines, reply));
      }
    }),
  );
  const answer = {
    imported: outcomes.filter(({ kind }) => kind === "imported").length,
    alreadyThere: outcomes.filter(({ kind }) => kind === "already").length,
    rejected: rejected.toSorted((one, other) => one.index - other.index),
  };
  return context.json<ImportAnswer>(answer, 200, { "cache-control": "no-store" });
}

async function importConversation(
  context: Context<HttpEnv>,
  name: string,
  lines: readonly ImportRow[],
): Promise<readonly ImportOutcome[]> {
  const stub = () => context.env.CONVERSATIONS.getByName(name);
  const reply: ImportResult = await stub().import(lines.map(({ message }) => message));
  await waitUntilReplicated(context, stub, reply.rev);
  return reply.outcomes;
}

async function lineFrom(
  context: Context<HttpEnv>,
  index: number,
  value: unknown,
): Promise<ImportRow | Reject> {
  const parsed = importedMessageSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.join(".") ?? "";
    return {
      index,
      code: "bad_request",
      message: `${field === "" ? "the line" : field}: ${issue?.message ?? "invalid"}`,
    };
  }
  const resolve = async (name: string) =>
    resolveUser(context.env.DB, context.get("settings"), name, Date.now());
  const sender = await resolve(parsed.data.sender);
  const receiver = await resolve(parsed.data.receiver);
  if (sender === receiver) {
    return { index, code: "bad_peer", message: "sender and receiver are one user" };
  }
  return { index, message: { ...parsed.data, sender, receiver } };
}

function rejectsOf(lines: readonly ImportRow[], outcomes: readonly ImportOutcome[]): Reject[] {
  return lines.flatMap(({ index }, place) => {
    const outcome = outcomes[place];
    return outcome?.kind === "rejected" ? [{ index, code: outcome.code, message: outcome.message }] : [];
  });
}
