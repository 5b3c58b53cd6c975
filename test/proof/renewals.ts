/** The fresh tokens that a device shows on its live socket, and what the server did with them. */
export class Renewals {
  #shown: { readonly holdsUntilMs: number; readonly before: ReadonlySet<string> } | undefined;
  #holdsUntilMs = 0;
  #taken = 0;

  /** How many the server took. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether one that the server took on this socket still holds. */
  get holds(): boolean {
    return Date.now() < this.#holdsUntilMs;
  }

  /** Another token went to the server, behind the sends of these ids. */
  show(holdsUntilMs: number, before: Iterable<string>): void {
    this.#shown = { holdsUntilMs, before: new Set(before) };
  }

  /** Frames behind an `auth` wait for its verdict, so the answer to one says that the token was taken. */
  acknowledged(id: string): void {
    if (this.#shown?.before.has(id) === false) {
      this.#holdsUntilMs = this.#shown.holdsUntilMs;
      this.#shown = undefined;
      this.#taken += 1;
    }
  }

  /** The socket is over. */
  forget(): void {
    this.#shown = undefined;
    this.#holdsUntilMs = 0;
  }
}
