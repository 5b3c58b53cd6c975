/** What all clients of a run saw since it was last taken. */
export class Tally {
  readonly #ackMs: number[] = [];
  readonly #deliveryMs: number[] = [];
  readonly #pageMs: number[] = [];
  readonly #refusals = new Map<string, number>();
  #done = 0;
  #leftOut = 0;

  /** Somebody wrote or asked something, however it was answered. */
  did(): void {
    this.#done += 1;
  }

  /** Somebody would have, and had no connection. */
  leftOut(): void {
    this.#leftOut += 1;
  }

  acknowledged(tookMs: number): void {
    this.#ackMs.push(tookMs);
  }

  delivered(tookMs: number): void {
    this.#deliveryMs.push(tookMs);
  }

  page(tookMs: number): void {
    this.#pageMs.push(tookMs);
  }

  /** A refusal, by the code that the client got: an error frame's, a problem document's, a close's. */
  refused(code: string): void {
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
  }

  take(): Seen {
    const { done, leftOut } = { done: this.#done, leftOut: this.#leftOut };
    this.#done = 0;
    this.#leftOut = 0;
    return {
      done,
      leftOut,
      ackMs: this.#ackMs.splice(0),
      deliveryMs: this.#deliveryMs.splice(0),
      pageMs: this.#pageMs.splice(0),
      refusals: takeAll(this.#refusals),
    };
  }
}

export interface Seen {
  readonly done: number;
  readonly leftOut: number;
  readonly ackMs: readonly number[];
  readonly deliveryMs: readonly number[];
  readonly pageMs: readonly number[];
  readonly refusals: ReadonlyMap<string, number>;
}

function takeAll(map: Map<string, number>): ReadonlyMap<string, number> {
  const taken = new Map(map);
  map.clear();
  return taken;
}
