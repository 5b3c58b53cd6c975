import { refusal, type Refusal } from "../protocol/errors.ts";

const hourMs = 3_600_000;

/** New conversations that a user began in the hour since `startedAtMs`. */
export interface NewConversations {
  readonly startedAtMs: number;
  readonly count: number;
}

type Admitted =
  | { readonly ok: true; readonly counted: NewConversations }
  | { readonly ok: false; readonly refusal: Refusal };

/** Counts one more, or refuses until the hour is over. */
export function admit(counted: NewConversations | undefined, limit: number, nowMs: number): Admitted {
  const current =
    counted !== undefined && nowMs - counted.startedAtMs < hourMs
      ? counted
      : { startedAtMs: nowMs, count: 0 };
  if (current.count >= limit) {
    const retryAfterMs = Math.max(1, current.startedAtMs + hourMs - nowMs);
    return { ok: false, refusal: refusal("too_many_conversations", { retryAfterMs }) };
  }
  return { ok: true, counted: { ...current, count: current.count + 1 } };
}
