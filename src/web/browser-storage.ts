/** The part of `Storage` that the page uses. */
export interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
  /** The browser refused something, which is in memory only. */
  readonly hasRefused: boolean;
}

type BrowserStorage = Omit<TextStorage, "hasRefused">;

/**
 * A browser's storage, or memory for what it refuses. Browsers refuse in three ways: reading `localStorage` itself
 * throws (cookies blocked), it is missing, or `setItem` throws (full, private window).
 */
export function safeStorage(find: () => BrowserStorage | null | undefined): TextStorage {
  const refused = new Map<string, string | null>();
  const attempt = <Value>(use: (storage: BrowserStorage) => Value): { readonly value: Value } | undefined => {
    try {
      const storage = find() ?? undefined;
      return storage === undefined ? undefined : { value: use(storage) };
    } catch {
      return undefined;
    }
  };
  const noteWrite = (key: string, value: string | null, isWritten: boolean) => {
    if (isWritten) {
      refused.delete(key);
    } else {
      refused.set(key, value);
    }
  };
  return {
    getItem(key) {
      const value = refused.get(key);
      return value === undefined ? (attempt((storage) => storage.getItem(key))?.value ?? null) : value;
    },
    setItem(key, value) {
      noteWrite(key, value, attempt((storage) => storage.setItem(key, value)) !== undefined);
    },
    removeItem(key) {
      noteWrite(key, null, attempt((storage) => storage.removeItem(key)) !== undefined);
    },
    get hasRefused() {
      return Array.from(refused.values()).some((value) => value !== null);
    },
  };
}

/** Keeps texts while the page lives. */
export function memoryTextStorage(): TextStorage {
  const texts = new Map<string, string>();
  return {
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, value) => void texts.set(key, value),
    removeItem: (key) => void texts.delete(key),
    hasRefused: false,
  };
}
