import type { PairlineErrorCode } from "./api.ts";

/** Everything that goes wrong. `code` says what to do, `message` is English for developers. */
export class PairlineError extends Error {
  override readonly name = "PairlineError";
  readonly code: PairlineErrorCode;
  /** The field of the send or request that is wrong. */
  readonly field: string | undefined;
  /** Not before so many milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Of a refused request: what the server's log calls it. Show it to whoever operates the server. */
  readonly requestId: string | undefined;

  constructor(
    code: PairlineErrorCode,
    message: string,
    more: {
      readonly field?: string | undefined;
      readonly retryAfterMs?: number | undefined;
      readonly requestId?: string | undefined;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.field = more.field;
    this.retryAfterMs = more.retryAfterMs;
    this.requestId = more.requestId;
  }
}
