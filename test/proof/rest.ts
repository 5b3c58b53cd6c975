import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Message } from "../../src/protocol/message.ts";
import { problemSchema } from "../../src/protocol/problem.ts";
import { pageSchema, sendAnswerSchema, type Page } from "../../src/protocol/rest.ts";
import { verificationSchema, type Verification } from "../../src/protocol/verification.ts";
import type { ProvenWorker } from "./worker.ts";
import type { DeviceOptions } from "./device-options.ts";

const tryAgainMs = 150;
const requestMs = 15_000;
/** A whole history that takes longer does not come. */
const historyMs = 60_000;

type Client = Pick<DeviceOptions, "url" | "user" | "peer" | "ledger" | "token">;

/** A client without a socket: repeats its request as it was until it is answered. Returns at once where `isOver`. */
export async function postMessage(client: Client, text: string, isOver: () => boolean): Promise<void> {
  const { user, ledger, token } = client;
  const id = randomUUID();
  ledger.sent.set(id, { author: user, text });
  while (!isOver()) {
    const answer = await request(messagesUrl(client), await token(), JSON.stringify({ id, text }));
    if (answer?.ok === true) {
      const { message, ...receipt } = sendAnswerSchema.parse(answer.body);
      ledger.acknowledge(receipt);
      ledger.deliver(message);
      return;
    }
    if (answer !== undefined && !ledger.refuse("send by REST", answer.code)) {
      return;
    }
    await wait(tryAgainMs);
  }
}

/**
 * Reads a page as somebody who scrolls: the newest, or the one below `before`. It must be true at the caller's `rev` or
 * later and have no hole. What it shows is shown: it goes to the ledger.
 */
export async function readPage(client: Client, rev: number, before: number | undefined): Promise<void> {
  const { ledger } = client;
  const page = await askPage(client, 50, rev, before);
  if (page === undefined) {
    return;
  }
  const top = before === undefined ? page.head : before - 1;
  const length = Math.min(50, top);
  const isWhole = page.messages.every(({ seq }, index) => seq === top - length + 1 + index);
  if (page.rev < rev || page.messages.length !== length || !isWhole) {
    ledger.outOfOrder.push(`a page below ${before ?? "the head"} is not that of ${rev}`);
  }
  page.messages.forEach((message) => ledger.deliver(message));
}

/** The whole history below and with revision `rev`, page by page, newest first as a client loads it; again and again until it comes. */
export async function loadPages(client: Client, rev: number): Promise<Message[]> {
  const endMs = Date.now() + historyMs;
  const messages: Message[] = [];
  while (Date.now() < endMs) {
    const page = await askPage(client, 100, rev, messages[0]?.seq);
    if (page === undefined) {
      await wait(tryAgainMs);
      continue;
    }
    messages.unshift(...page.messages);
    if (!page.hasMore) {
      return messages;
    }
  }
  client.ledger.refusals.push(`the history did not come in ${historyMs / 1_000} s`);
  return messages;
}

/** A page that came; what came instead goes to the ledger. */
async function askPage(
  client: Client,
  limit: number,
  rev: number,
  before: number | undefined,
): Promise<Page | undefined> {
  const { ledger, token } = client;
  const query = `limit=${limit}&rev=${rev}${before === undefined ? "" : `&before=${before}`}`;
  const answer = await request(`${messagesUrl(client)}?${query}`, await token());
  if (answer?.ok === true) {
    ledger.pages += 1;
    return pageSchema.parse(answer.body);
  }
  if (answer !== undefined) {
    ledger.refuse(before === undefined ? "newest page" : "older page", answer.code);
  }
  return undefined;
}

function messagesUrl({ url, peer }: Client): string {
  return `${url}/v1/conversations/${peer}/messages`;
}

/** What the operators' comparison of the record with D1 says, all its parts together; undefined where it does not answer. */
export async function verified(
  worker: ProvenWorker,
  users: readonly [string, string],
): Promise<Verification | undefined> {
  let whole: Verification | undefined;
  let from: number | undefined = 1;
  while (from !== undefined) {
    const url: string = `${worker.url}/v1/admin/conversations/verify`;
    const answer: Answer | undefined = await request(url, worker.adminKey, JSON.stringify({ users, from }));
    if (answer?.ok !== true) {
      return undefined;
    }
    const part: Verification = verificationSchema.parse(answer.body);
    whole = {
      ...part,
      pending: (whole?.pending ?? 0) + part.pending,
      differences: [...(whole?.differences ?? []), ...part.differences],
    };
    from = part.next;
  }
  return whole;
}

type Answer = { readonly ok: true; readonly body: unknown } | { readonly ok: false; readonly code: string };

/** Undefined where the connection failed: a server that is killed answers nothing. To be kept waiting is an answer. */
async function request(url: string, bearer: string, body?: string): Promise<Answer | undefined> {
  const late = AbortSignal.timeout(requestMs);
  try {
    const response = await fetch(url, {
      ...(body !== undefined && { method: "POST", body }),
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      signal: late,
    });
    const answer = fromJson(await response.text());
    return response.ok
      ? { ok: true, body: answer }
      : { ok: false, code: problemSchema.safeParse(answer).data?.code ?? `answered ${response.status}` };
  } catch {
    return late.aborted ? { ok: false, code: `no answer in ${requestMs / 1_000} s` } : undefined;
  }
}

/** Undefined for what is no JSON, such as the runtime's own words. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
