import type { Profile } from "../protocol/conversation-list.ts";

/** What one such map keeps at most: objects of the same isolate share its 128 MB. */
export const mapBudget = { entries: 10_000, characters: 4_194_304 } as const;

/** A map by name that drops what was set longest ago where it holds too much. */
export class BoundedMap<Value> {
  readonly #sizeOf: (value: Value) => number;
  readonly #entries = new Map<string, Value>();
  #characters = 0;

  /** `sizeOf` counts the characters of a value. */
  constructor(sizeOf: (value: Value) => number) {
    this.#sizeOf = sizeOf;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Value): void {
    this.delete(key);
    this.#entries.set(key, value);
    this.#characters += key.length + this.#sizeOf(value);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= mapBudget.entries && this.#characters <= mapBudget.characters) {
        return;
      }
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#characters -= key.length + this.#sizeOf(value);
    }
  }

  deleteWhere(matches: (key: string, value: Value) => boolean): void {
    for (const [key, value] of this.#entries) {
      if (matches(key, value)) {
        this.delete(key);
      }
    }
  }
}

/** How many characters of an isolate's memory a profile takes. */
export function charactersOf({ name = "", picture = "" }: Profile): number {
  return name.length + picture.length;
}
