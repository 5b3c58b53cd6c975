import { refusal, type Refusal } from "../protocol/errors.ts";
import type { Limits } from "../protocol/limits.ts";
import type { Side } from "../protocol/pair.ts";
import { TokenBucket } from "../sockets/token-bucket.ts";

/** What each user of the pair may still do, over all their devices: messages apart from marks, typing and tokens. */
export class Allowances {
  readonly #now: () => number;
  readonly #sends: Readonly<Record<Side, TokenBucket>>;
  readonly #signals: Readonly<Record<Side, TokenBucket>>;

  constructor(limits: Limits, now: () => number) {
    const sends = () => new TokenBucket(limits.sendsPerSecond, limits.sendBurst, now());
    const signals = () => new TokenBucket(limits.signalsPerSecond, limits.signalBurst, now());
    this.#now = now;
    this.#sends = { a: sends(), b: sends() };
    this.#signals = { a: signals(), b: signals() };
  }

  /** `isBurst`: counted, but not refused. */
  takeSend(side: Side, isBurst = false): Refusal | undefined {
    const refused = this.#refusalFrom(this.#sends[side]);
    return isBurst ? undefined : refused;
  }

  takeSignal(side: Side): Refusal | undefined {
    return this.#refusalFrom(this.#signals[side]);
  }

  #refusalFrom(bucket: TokenBucket): Refusal | undefined {
    const retryAfterMs = bucket.take(this.#now());
    return retryAfterMs === 0 ? undefined : refusal("rate_limited", { retryAfterMs });
  }
}
