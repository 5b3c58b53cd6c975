/** Hands over what is added, in order: one call in flight, what comes meanwhile in the next. */
export class SerialBatcher<Item> {
  readonly #hand: (items: readonly Item[]) => Promise<void>;
  readonly #idle: () => void;
  #items: Item[] = [];
  #run: Promise<void> | undefined;

  /** `hand` does not throw. `idle` hears each time that nothing is left. */
  constructor(hand: (items: readonly Item[]) => Promise<void>, idle: () => void = () => undefined) {
    this.#hand = hand;
    this.#idle = idle;
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#run ??= this.#handAll();
  }

  get isIdle(): boolean {
    return this.#run === undefined;
  }

  /** Returns once nothing is left. */
  async drained(): Promise<void> {
    await this.#run;
  }

  async #handAll(): Promise<void> {
    // What arrives in the same turn goes in the same call.
    await Promise.resolve();
    while (this.#items.length > 0) {
      const items = this.#items;
      this.#items = [];
      await this.#hand(items);
    }
    this.#run = undefined;
    this.#idle();
  }
}
