import type { Context } from "hono";
import { errorCatalogue, refusal, type Refusal } from "../protocol/errors.ts";
import { problemFrom } from "../protocol/problem.ts";

/** A refusal on its way out of a handler; the one error that `app.ts` turns into an answer. */
export class HttpError extends Error {
  override readonly name = "RequestRefused";
  readonly refusal: Refusal;
  readonly headers: Readonly<Record<string, string>>;

  constructor(reason: Refusal, headers: Readonly<Record<string, string>> = {}) {
    super(reason.code);
    this.refusal = reason;
    this.headers = headers;
  }
}

/** The answer to a method that an address does not know, with those it does. */
export function methodRefused(...allowed: readonly string[]): () => never {
  return () => {
    throw new HttpError(refusal("method_not_allowed"), { allow: allowed.join(", ") });
  };
}

/** Seconds a client should wait where a refusal says nothing: the period of the address limit, a patient retry. */
const retryAfterSeconds: Readonly<Record<number, number>> = { 429: 10, 503: 5 };

/** The refusal as problem details, with the headers that its status asks for. */
export function problemResponse(context: Context, refused: HttpError, requestId: string): Response {
  const { refusal: reason, headers: more } = refused;
  const { status } = errorCatalogue[reason.code];
  const headers: Record<string, string> = {
    ...more,
    "content-type": "application/problem+json",
    "cache-control": "no-store",
  };
  if (status === 401) {
    headers["www-authenticate"] = 'Bearer realm="pairline"';
  }
  const fallback = retryAfterSeconds[status];
  if (fallback !== undefined) {
    headers["retry-after"] = String(
      reason.retryAfterMs === undefined ? fallback : Math.ceil(reason.retryAfterMs / 1_000),
    );
  }
  return context.body(JSON.stringify(problemFrom(reason, requestId)), status, headers);
}
