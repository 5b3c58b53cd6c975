import { setTimeout as wait } from "node:timers/promises";
import { problemSchema } from "../protocol/problem.ts";
import type { Deployment } from "./deployment.ts";

/** A part of a verification waits up to ten seconds for what is on its way to D1, writes and compares again. */
const patienceMs = 120_000;
const maxTries = 8;
/** How long a limiter may refuse in a row before that is a failure. */
const limiterPatienceMs = 600_000;
/** The wait for a limiter that names none. */
const unnamedWaitMs = 1_000;

export interface AdminRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly body?: unknown;
}

export interface Patience {
  /** How often to ask a Worker that fails or does not answer. */
  readonly tries?: number;
  /** Called before each wait for a limiter. */
  readonly onWait?: (waitMs: number, reason: string) => void;
}

/** A refusal that another try would get too. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Asks until it is answered: a Worker that restarts, or a database that is away, is waited for, a minute in all; a limiter
 * for as long as it says. Throws a Refused, or an error that an operator can read.
 */
export async function ask(
  deployment: Deployment,
  request: AdminRequest,
  { tries = maxTries, onWait }: Patience = {},
): Promise<unknown> {
  let failures = 0;
  let limitedSinceMs: number | undefined;
  for (;;) {
    const outcome = await askOnce(deployment, request);
    if (outcome.kind === "answered") {
      return outcome.answer;
    }
    if (outcome.kind === "limited") {
      limitedSinceMs ??= Date.now();
      if (Date.now() + outcome.retryAfterMs - limitedSinceMs > limiterPatienceMs) {
        throw new Error(`${outcome.trouble}, for ten minutes now`);
      }
      onWait?.(outcome.retryAfterMs, outcome.trouble);
      await wait(outcome.retryAfterMs);
    } else {
      limitedSinceMs = undefined;
      failures += 1;
      if (failures >= tries) {
        throw new Error(outcome.trouble);
      }
      await wait(Math.min(10_000, 250 * 2 ** failures));
    }
  }
}

type Outcome =
  | { readonly kind: "answered"; readonly answer: unknown }
  | { readonly kind: "failed"; readonly trouble: string }
  | { readonly kind: "limited"; readonly trouble: string; readonly retryAfterMs: number };

async function askOnce(
  { url, adminKey }: Deployment,
  { method, path, body }: AdminRequest,
): Promise<Outcome> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${adminKey}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patienceMs),
    });
    text = await response.text();
  } catch {
    return { kind: "failed", trouble: `no answer from ${url}: is the Worker running there?` };
  }
  return outcomeOf(url, response, text);
}

/** Throws a Refused. */
function outcomeOf(url: string, response: Response, text: string): Outcome {
  const { ok, status } = response;
  const answer = jsonOf(text);
  if (ok && answer !== undefined) {
    return { kind: "answered", answer };
  }
  const { data: problem } = problemSchema.safeParse(answer);
  if (problem === undefined) {
    return refusalOf(response, `${url} answered ${status}, not as Pairline does`);
  }
  if (status === 429) {
    const retryAfterMs = problem.retryAfterMs ?? retryAfterMsOf(response);
    return { kind: "limited", trouble: problem.detail, retryAfterMs };
  }
  if (status < 500) {
    throw new Refused(problem.code, problem.detail);
  }
  return { kind: "failed", trouble: `${problem.code}: ${problem.detail}` };
}

/** An answer that is not Pairline's own, such as that of a proxy before it. Throws a Refused. */
function refusalOf(response: Response, trouble: string): Outcome {
  if (response.status === 429) {
    return { kind: "limited", trouble, retryAfterMs: retryAfterMsOf(response) };
  }
  if (response.status >= 400 && response.status < 500) {
    throw new Refused(String(response.status), trouble);
  }
  return { kind: "failed", trouble };
}

/** What `Retry-After` says, in seconds or as a date (RFC 9110 §10.2.3). */
function retryAfterMsOf({ headers }: Response): number {
  const value = headers.get("retry-after") ?? "";
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : unnamedWaitMs;
}

/** The value that a text is the JSON of; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
