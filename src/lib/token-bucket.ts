/** A user's allowance: `burst` at once, refilled at `perSecond`. Kept in memory; a restart fills it. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #countedAtMs: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#countedAtMs = nowMs;
  }

  /** Takes one and answers 0, or answers after how many milliseconds one will be there. A clock that steps back gives nothing. */
  take(nowMs: number): number {
    const passedMs = Math.max(0, nowMs - this.#countedAtMs);
    this.#countedAtMs = nowMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + (passedMs / 1_000) * this.#perSecond);
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1_000);
  }
}
