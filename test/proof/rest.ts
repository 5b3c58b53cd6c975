import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import type { Message } from "../../src/protocol/message.ts";
import { pageSchema } from "../../src/protocol/rest.ts";
import { verificationSchema, type Verification } from "../../src/protocol/verification.ts";
import type { DeviceOptions } from "./device.ts";
import type { ProvenWorker } from "./worker.ts";

const tryAgainMs = 150;
const requestMs = 15_000;
const sentSchema = z.object({ id: z.string(), seq: z.int() });

type Address = Pick<DeviceOptions, "url" | "peer" | "token">;

/** A client without a socket: repeats its request as it was until it is answered. Returns at once where `isOver`. */
export async function postMessage(
  { url, peer, token, ledger }: Omit<DeviceOptions, "user">,
  text: string,
  isOver: () => boolean,
): Promise<void> {
  const body = JSON.stringify({ id: randomUUID(), text });
  ledger.sent.add((JSON.parse(body) as { id: string }).id);
  while (!isOver()) {
    const answer = await request(`${url}/v1/conversations/${peer}/messages`, await token(), body);
    if (answer?.ok === true) {
      const { id, seq } = sentSchema.parse(answer.body);
      ledger.acknowledge(id, seq);
      return;
    }
    if (answer !== undefined && answer.status < 500 && answer.status !== 429) {
      ledger.refusals.push(`POST answered ${answer.status}`);
      return;
    }
    await wait(tryAgainMs);
  }
}

/**
 * Reads a page as somebody who scrolls: the newest, or the one below `before`. It must be true at the caller's `rev` or
 * later and have no hole; an archive that is away may refuse an older one. What it shows is shown: it goes to the ledger.
 */
export async function readPage(
  { url, peer, token, ledger }: Omit<DeviceOptions, "user">,
  rev: number,
  before: number | undefined,
): Promise<void> {
  const query = `limit=50&rev=${rev}${before === undefined ? "" : `&before=${before}`}`;
  const answer = await request(`${url}/v1/conversations/${peer}/messages?${query}`, await token());
  if (answer?.ok !== true) {
    return;
  }
  const page = pageSchema.parse(answer.body);
  const top = before === undefined ? page.head : before - 1;
  const length = Math.min(50, top);
  const isWhole = page.messages.every(({ seq }, index) => seq === top - length + 1 + index);
  if (page.rev < rev || page.messages.length !== length || !isWhole) {
    ledger.outOfOrder.push(`a page below ${before ?? "the head"} is not that of ${rev}`);
  }
  page.messages.forEach((message) => ledger.deliver(message));
}

/** The whole history below and with revision `rev`, page by page, newest first as a client loads it; again and again until it comes. */
export async function loadPages({ url, peer, token }: Address, rev: number): Promise<Message[]> {
  const messages: Message[] = [];
  let query = `limit=100&rev=${rev}`;
  for (;;) {
    const answer = await request(`${url}/v1/conversations/${peer}/messages?${query}`, await token());
    if (answer?.ok !== true) {
      await wait(tryAgainMs);
      continue;
    }
    const page = pageSchema.parse(answer.body);
    messages.unshift(...page.messages);
    if (!page.hasMore) {
      return messages;
    }
    query = `limit=100&rev=${rev}&before=${messages[0]?.seq}`;
  }
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

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly body: unknown;
}

async function request(url: string, bearer: string, body?: string): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, {
      ...(body !== undefined && { method: "POST", body }),
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(requestMs),
    });
    return { ok: response.ok, status: response.status, body: await response.json() };
  } catch {
    return undefined;
  }
}
