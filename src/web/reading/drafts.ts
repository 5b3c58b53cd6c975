/** The part of `Storage` that drafts use. */
export interface DraftStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** What a user has typed and not sent, for each conversation. */
export class Drafts {
  readonly #storage: DraftStorage;
  readonly #prefix: string;
  readonly #listeners = new Set<() => void>();

  constructor(storage: DraftStorage, user: string) {
    this.#storage = storage;
    this.#prefix = `pairline/draft/${encodeURIComponent(user)}/`;
  }

  get(peer: string): string {
    try {
      return this.#storage.getItem(this.#key(peer)) ?? "";
    } catch {
      return "";
    }
  }

  set(peer: string, text: string): void {
    const key = this.#key(peer);
    try {
      if (text.trim() === "") {
        this.#storage.removeItem(key);
      } else {
        this.#storage.setItem(key, text);
      }
    } catch {
      // The storage is full or forbidden: the text stays in the field.
    }
    this.#listeners.forEach((listener) => listener());
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #key(peer: string): string {
    return this.#prefix + encodeURIComponent(peer);
  }
}

/** Drafts of a user whom nobody named, for as long as the page lives. */
export function memoryDraftStorage(): DraftStorage {
  const texts = new Map<string, string>();
  return {
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, value) => void texts.set(key, value),
    removeItem: (key) => void texts.delete(key),
  };
}
