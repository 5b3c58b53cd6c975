import type { OutboxEntry, OutboxStorage } from "../../../src/client/api.ts";

/** What a device's pages keep: all tabs of one user have the same, as in IndexedDB. */
export class SharedStorage implements OutboxStorage {
  readonly entries = new Map<string, OutboxEntry>();
  /** Every entry that was ever kept, by `id`. */
  readonly everKept = new Map<string, OutboxEntry>();

  async load(): Promise<readonly OutboxEntry[]> {
    await moment();
    return Array.from(this.entries.values(), (entry) => structuredClone(entry)).toSorted(
      (one, other) => one.order - other.order,
    );
  }

  async put(entry: OutboxEntry): Promise<void> {
    this.entries.set(entry.id, structuredClone(entry));
    this.everKept.set(entry.id, structuredClone(entry));
    await moment();
  }

  async remove(id: string): Promise<void> {
    this.entries.delete(id);
    await moment();
  }
}

/** A storage answers a moment later. */
function moment(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 1);
  });
}
