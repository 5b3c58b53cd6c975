/** Knows since when the client reports new messages: since its first socket opened, by the server's clock. */
export class FirstConnection {
  #sockets = 0;
  #openedAtMs = Infinity;
  #serverMs = Infinity;

  /** Infinity while no page of the list has named the server's time. */
  get serverMs(): number {
    return this.#serverMs;
  }

  /** Whether another socket followed. */
  get wasLost(): boolean {
    return this.#sockets > 1;
  }

  /** A socket opened; true for the first one. */
  onOpened(): boolean {
    this.#sockets += 1;
    if (this.#sockets === 1) {
      this.#openedAtMs = Date.now();
    }
    return this.#sockets === 1;
  }

  /**
   * A page of the list came, and names the server's time. The device's clock may be hours away from it, so it only
   * measures what passed since.
   */
  onPage<Page extends { readonly position: number }>(page: Page): Page {
    // Of one conversation alone there is no such time, and its cursor says all.
    if (this.#serverMs === Infinity && page.position > 0) {
      this.#serverMs = page.position - (Date.now() - this.#openedAtMs);
    }
    return page;
  }
}
