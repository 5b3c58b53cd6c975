/** Ids that are remembered until their message comes back from the inbox. */
const maxIds = 1_000;

/** The ids of the sends that this connection made itself: their messages are not news to its client. */
export class OwnSends {
  readonly #ids = new Set<string>();

  add(id: string): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > maxIds && oldest !== undefined) {
      this.#ids.delete(oldest);
    }
  }

  /** Whether a message is one of them; it comes back once. */
  remove(id: string): boolean {
    return this.#ids.delete(id);
  }
}
