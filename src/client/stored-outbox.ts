import type { OutboxEntry, OutboxStorage } from "./api.ts";
import { PairlineError } from "./errors.ts";
import { isUserId } from "./user-id.ts";
import { within } from "./within.ts";

/** Writes to the app's storage one after the other. Where it fails, what waits is in memory only, and the app is told. */
export class StoredOutbox {
  readonly #storage: OutboxStorage;
  readonly #patienceMs: number;
  readonly #failed: (error: PairlineError) => void;
  #writing: Promise<unknown> = Promise.resolve();
  #lastOrder = 0;

  constructor(storage: OutboxStorage, patienceMs: number, failed: (error: PairlineError) => void) {
    this.#storage = storage;
    this.#patienceMs = patienceMs;
    this.#failed = failed;
  }

  /** What an earlier page left; nothing where the storage takes too long (a browser's may never answer). */
  async load(): Promise<readonly OutboxEntry[]> {
    try {
      const stored = await within(this.#patienceMs, this.#storage.load());
      const entries = stored.filter(isEntry);
      this.#lastOrder = Math.max(this.#lastOrder, ...entries.map(({ order }) => order));
      if (entries.length < stored.length) {
        this.#fail("it holds something that is no entry");
      }
      return entries;
    } catch (error) {
      this.#fail(error);
      return [];
    }
  }

  /** By the clock, so that what one tab wrote after another comes after it. */
  nextOrder(): number {
    this.#lastOrder = Math.max(this.#lastOrder + 1, Date.now());
    return this.#lastOrder;
  }

  keep(entry: OutboxEntry): void {
    this.#write(() => this.#storage.put(entry));
  }

  forget(id: string): void {
    this.#write(() => this.#storage.remove(id));
  }

  #write(write: () => void | Promise<void>): void {
    this.#writing = this.#writing
      .then(() => within<void>(this.#patienceMs, write()))
      .catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failed(new PairlineError("storage", `the storage failed: ${String(error)}`));
  }
}

const frameTypes: ReadonlySet<string> = new Set(["send", "edit", "delete", "react"]);

/** Whether it can be sent: what an older page or another program left may be anything, and must not stop the client. */
function isEntry(stored: OutboxEntry | null | undefined): stored is OutboxEntry {
  const { id, peer, order, frame } = stored ?? ({} as Partial<OutboxEntry>);
  return (
    typeof id === "string" &&
    Number.isFinite(order) &&
    isUserId(peer) &&
    frameTypes.has(frame?.type ?? "") &&
    frame?.id === id
  );
}
