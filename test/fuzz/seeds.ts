import { createHash } from "node:crypto";
import * as fc from "fast-check";

/** A seed for one purpose of a run. Neighbouring runs share none, and no two purposes of one run do. */
function seedFor(seed: number, purpose: string): number {
  return createHash("sha256").update(`${seed} ${purpose}`).digest().readInt32BE();
}

/** How many are drawn at once: who waits for answers meanwhile must not wait for long. */
const drawnAtOnce = 200;

/** What an arbitrary gives for one purpose of a run, without an end. */
export class Supply<Value> {
  readonly #draw: (chunk: number) => Value[];
  #chunk = 0;
  #values: Value[] = [];

  constructor(arbitrary: fc.Arbitrary<Value>, seed: number, purpose: string) {
    this.#draw = (chunk) =>
      fc.sample(arbitrary, { seed: seedFor(seed, `${purpose} ${chunk}`), numRuns: drawnAtOnce }).toReversed();
  }

  /** The next one, left where it is. */
  peek(): Value {
    const value = this.#values.at(-1);
    if (value !== undefined) {
      return value;
    }
    this.#values = this.#draw(this.#chunk);
    this.#chunk += 1;
    return this.peek();
  }

  take(): Value {
    const value = this.peek();
    this.#values.pop();
    return value;
  }

  takeMany(count: number): Value[] {
    return Array.from({ length: count }, () => this.take());
  }
}
