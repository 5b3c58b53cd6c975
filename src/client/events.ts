import type { Events } from "./api.ts";
import { requireFunction, requireThat } from "./misuse.ts";
import { callAll } from "./live.ts";

type Listener<Name extends keyof Events> = (event: Events[Name]) => void;

/** Who listens to what. */
export class Listeners {
  readonly #listeners: { [Name in keyof Events]: Set<Listener<Name>> } = {
    message: new Set(),
    refused: new Set(),
    reset: new Set(),
    trouble: new Set(),
  };

  on<Name extends keyof Events>(name: Name, listener: Listener<Name>): () => void {
    requireThat(Object.hasOwn(this.#listeners, name), `there is no event ${name}`);
    requireFunction(listener, "the listener");
    const own: Listener<Name> = (event) => listener(event);
    this.#listeners[name].add(own);
    return () => void this.#listeners[name].delete(own);
  }

  has(name: keyof Events): boolean {
    return this.#listeners[name].size > 0;
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    callAll(this.#listeners[name], event);
  }
}
