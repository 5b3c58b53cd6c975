import { setTimeout as wait } from "node:timers/promises";
import { problemSchema } from "../protocol/problem.ts";
import type { Deployment } from "./deployment.ts";

const patienceMs = 120_000;
const maxTries = 8;

export interface AdminRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly body?: unknown;
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
 * Asks until it is answered: a Worker that restarts, or a database that is away, is waited for, a minute in all. Throws
 * a Refused, or an error that an operator can read.
 */
export async function ask(deployment: Deployment, request: AdminRequest): Promise<unknown> {
  let trouble = "";
  for (let tries = 0; tries < maxTries; tries += 1) {
    await wait(tries === 0 ? 0 : Math.min(10_000, 250 * 2 ** tries));
    const outcome = await askOnce(deployment, request);
    if (outcome.kind === "answered") {
      return outcome.answer;
    }
    trouble = outcome.trouble;
  }
  throw new Error(trouble);
}

type Outcome =
  | { readonly kind: "answered"; readonly answer: unknown }
  | { readonly kind: "failed"; readonly trouble: string };

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
  const answer = jsonOf(text);
  if (response.ok && answer !== undefined) {
    return { kind: "answered", answer };
  }
  const { data: problem } = problemSchema.safeParse(answer);
  const trouble = problem?.detail ?? `${url} answered ${response.status}`;
  if (response.status < 500 && response.status !== 429) {
    throw new Refused(problem?.code ?? String(response.status), trouble);
  }
  return { kind: "failed", trouble };
}

/** The value that a text is the JSON of; undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
