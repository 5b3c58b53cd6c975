import type { ErrorCode } from "../protocol/errors.ts";

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

/** Codes of the server's catalogue (docs/protocol/rest.md, ER), and the client's own. */
export type PairlineErrorCode =
  | ErrorCode
  /** The server could not be reached, or did not answer. */
  | "network"
  /** `token()` failed. */
  | "no_token"
  /** The storage failed; what it should have kept is in memory only. */
  | "storage"
  /** `close()` was called before. */
  | "closed";
