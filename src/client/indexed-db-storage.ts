import type { OutboxEntry, OutboxStorage } from "./api.ts";

/** The part of IndexedDB that is used here, for platforms whose types do not have it. */
interface Request<Result> {
  readonly result: Result;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}
interface OpenRequest extends Request<Database> {
  onupgradeneeded: (() => void) | null;
  onblocked: (() => void) | null;
}
interface Database {
  createObjectStore(name: string, options: { keyPath: string }): unknown;
  transaction(store: string, mode: "readonly" | "readwrite"): Transaction;
  close(): void;
  onversionchange: (() => void) | null;
  onclose: (() => void) | null;
}
interface Transaction {
  objectStore(name: string): ObjectStore;
  readonly error: unknown;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
}
interface ObjectStore {
  getAll(): Request<OutboxEntry[]>;
  put(entry: OutboxEntry): unknown;
  delete(id: string): unknown;
}
interface Factory {
  open(name: string, version: number): OpenRequest;
}

const store = "outbox";

/**
 * Keeps what waits in the browser's IndexedDB, over reloads. `name`: one for each user of the device, such as
 * `pairline-${userId}`; tabs of one user may share it. Rejects where the browser gives no storage (private windows).
 */
export function indexedDbStorage(name: string): OutboxStorage {
  let opening: Promise<Database> | undefined;
  const forget = () => {
    opening = undefined;
  };
  const database = () => {
    opening ??= open(name, forget);
    opening.catch(forget);
    return opening;
  };
  const write = async (change: (entries: ObjectStore) => void) => {
    const transaction = (await database()).transaction(store, "readwrite");
    const ended = completed(transaction);
    change(transaction.objectStore(store));
    await ended;
  };
  return {
    async load() {
      const entries = await answered(
        (await database()).transaction(store, "readonly").objectStore(store).getAll(),
      );
      return entries.sort((one, other) => one.order - other.order);
    },
    put: (entry) => write((entries) => entries.put(entry)),
    remove: (id) => write((entries) => entries.delete(id)),
  };
}

/** `lost` is called where it cannot be used any more: then it has to be opened anew. */
async function open(name: string, lost: () => void): Promise<Database> {
  const { indexedDB } = globalThis as { indexedDB?: Factory };
  if (indexedDB === undefined) {
    throw new Error("there is no IndexedDB here");
  }
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => void request.result.createObjectStore(store, { keyPath: "id" });
  const database = await answered(request);
  // Another tab deletes it.
  database.onversionchange = () => {
    database.close();
    lost();
  };
  database.onclose = lost;
  return database;
}

function answered<Result>(request: Request<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(asError(request.error));
  });
}

function completed(transaction: Transaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(asError(transaction.error));
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
