import type { Context } from "hono";
import { errorCatalogue, problemFrom, type Refusal } from "../protocol/errors.ts";

/** A refusal on its way out of a handler; the one error that `app.ts` turns into an answer. */
export class RequestRefused extends Error {
  override readonly name = "RequestRefused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

/** Seconds a client should wait where a refusal says nothing: the period of the address limit, a patient retry. */
const retryAfterSeconds: Readonly<Record<number, number>> = { 429: 10, 503: 5 };

/** The refusal as problem details, with the headers that its status asks for. */
export function problemResponse(context: Context, refusal: Refusal): Response {
  const { status } = errorCatalogue[refusal.code];
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
  };
  if (status === 401) {
    headers["www-authenticate"] = 'Bearer realm="pairline", error="invalid_token"';
  }
  const fallback = retryAfterSeconds[status];
  if (fallback !== undefined) {
    headers["retry-after"] = String(
      refusal.retryAfterMs === undefined ? fallback : Math.ceil(refusal.retryAfterMs / 1_000),
    );
  }
  return context.body(JSON.stringify(problemFrom(refusal)), status, headers);
}
