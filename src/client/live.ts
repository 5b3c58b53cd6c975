import type { Live } from "./api.ts";
import { requireFunction } from "./misuse.ts";

/** A value computed from what changes beneath it, when somebody asks and at most once for each change. */
export class View<Value> implements Live<Value> {
  readonly #compute: () => Value;
  readonly #observed: () => void;
  readonly #listeners = new Set<() => void>();
  #cached: { readonly value: Value } | undefined;
  #isTelling = false;

  /** `observed` is called when the first listener comes or the last one goes. */
  constructor(compute: () => Value, observed: () => void = () => {}) {
    this.#compute = compute;
    this.#observed = observed;
  }

  get value(): Value {
    this.#cached ??= { value: this.#compute() };
    return this.#cached.value;
  }

  get isObserved(): boolean {
    return this.#listeners.size > 0;
  }

  /** Bound: `useSyncExternalStore` calls it without an object. */
  readonly subscribe = (listener: () => void): (() => void) => {
    requireFunction(listener, "the listener");
    // The same function may subscribe twice.
    const own = () => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) {
      this.#observed();
    }
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) {
        this.#observed();
      }
    };
  };

  /** Forgets the value, and tells the listeners when this turn is over. */
  changed(): void {
    this.#cached = undefined;
    if (this.#isTelling || this.#listeners.size === 0) {
      return;
    }
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      callAll(this.#listeners, undefined);
    });
  }
}

/** Calls every listener; one that throws hinders neither the others nor the client. */
export function callAll<Event>(listeners: Iterable<(event: Event) => void>, event: Event): void {
  // A listener may add or remove others.
  for (const listener of Array.from(listeners)) {
    try {
      listener(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
