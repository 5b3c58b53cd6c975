/** At most `count` in any `windowMs`: each one taken is remembered, so it is for small counts. */
export class RollingLimit {
  readonly #count: number;
  readonly #windowMs: number;
  #takenAtMs: readonly number[];

  /** `takenAtMs`: what was taken before the object slept. */
  constructor(count: number, windowMs: number, takenAtMs: readonly number[] = []) {
    this.#count = count;
    this.#windowMs = windowMs;
    this.#takenAtMs = takenAtMs;
  }

  get takenAtMs(): readonly number[] {
    return this.#takenAtMs;
  }

  /** Takes one and returns 0, or returns after how many milliseconds one can be taken. What is refused does not count. */
  take(nowMs: number): number {
    this.#takenAtMs = this.#takenAtMs.filter((atMs) => nowMs - atMs < this.#windowMs);
    const [oldest] = this.#takenAtMs;
    if (oldest !== undefined && this.#takenAtMs.length >= this.#count) {
      return oldest + this.#windowMs - nowMs;
    }
    this.#takenAtMs = [...this.#takenAtMs, nowMs];
    return 0;
  }
}
