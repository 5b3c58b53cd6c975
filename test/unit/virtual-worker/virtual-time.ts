import { AsyncLocalStorage } from "node:async_hooks";
import { createHash, createHmac } from "node:crypto";
import { seededRandom } from "../../seeded-random.ts";

const realSetImmediate = globalThis.setImmediate;
const startMs = 1_800_000_000_000;

/** Code that can end in the middle, as a Durable Object or a page does: its timers never ring after that. */
export class Life {
  isOver = false;
  /** Timers that are set. */
  timers = 0;
}

interface VirtualTimer {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  readonly life: Life | undefined;
}

/**
 * The clock, timers, random numbers and hashes of the process, all of which depend on nothing but the seed: hours pass
 * in no time, and a seed repeats a run exactly.
 */
export class VirtualTime {
  nowMs = startMs;
  readonly #lives = new AsyncLocalStorage<Life | undefined>();
  readonly #timers = new Map<object, VirtualTimer>();
  readonly #replaced: (() => void)[] = [];
  #order = 0;

  /** Replaces what the platform has, until `uninstall`. */
  install(seed: number): void {
    const random = seededRandom(seed);
    this.#replace(globalThis, "setTimeout", (run: () => void, ms = 0) => this.setTimer(run, ms));
    this.#replace(globalThis, "clearTimeout", (handle: object | undefined) => this.#clear(handle));
    this.#replace(globalThis, "scheduler", { wait: (ms: number) => this.wait(ms) });
    this.#replace(Date, "now", () => this.nowMs);
    this.#replace(Math, "random", random);
    // The platform's own run on other threads, whose speed would decide what comes first.
    this.#replace(crypto.subtle, "digest", async (_: string, data: Uint8Array) => {
      const { buffer, byteOffset, byteLength } = createHash("sha256").update(data).digest();
      return buffer.slice(byteOffset, byteOffset + byteLength);
    });
    this.#replace(crypto.subtle, "importKey", async (_: string, bytes: Uint8Array) => ({ bytes }));
    this.#replace(
      crypto.subtle,
      "verify",
      async (_: unknown, key: { bytes: Uint8Array }, signature: Uint8Array, data: Uint8Array) =>
        createHmac("sha256", key.bytes).update(data).digest().equals(signature),
    );
  }

  uninstall(): void {
    this.#replaced.toReversed().forEach((restore) => restore());
    this.#replaced.length = 0;
    this.#timers.clear();
  }

  /** Runs something as part of a life, or of none: what it starts ends with that life. */
  within<Value>(life: Life | undefined, run: () => Value): Value {
    return this.#lives.run(life, run);
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.setTimer(resolve, ms);
    });
  }

  setTimer(run: () => void, ms: number): object {
    const handle = {};
    const life = this.#lives.getStore();
    this.#order += 1;
    this.#timers.set(handle, {
      atMs: this.nowMs + Math.max(0, Math.ceil(ms)),
      order: this.#order,
      run,
      life,
    });
    if (life !== undefined) {
      life.timers += 1;
    }
    return handle;
  }

  /** Lets the time pass, with everything that is due in it. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await drain();
    for (let due = this.#next(untilMs); due !== undefined; due = this.#next(untilMs)) {
      const [handle, { atMs, life, run }] = due;
      this.nowMs = Math.max(this.nowMs, atMs);
      this.#clear(handle);
      if (life?.isOver !== true) {
        this.within(life, run);
        await drain();
      }
    }
    this.nowMs = untilMs;
  }

  /** Lets the time pass until the promise settles. */
  async until<Value>(promise: Promise<Value>): Promise<Value> {
    const ended = { isSettled: false };
    const settled = promise.finally(() => {
      ended.isSettled = true;
    });
    settled.catch(() => {});
    for (let passed = 0; !ended.isSettled; passed += 1) {
      if (passed > 100_000) {
        throw new Error("it takes longer than 100 s");
      }
      await this.pass(1);
    }
    return settled;
  }

  #next(untilMs: number): [object, VirtualTimer] | undefined {
    let next: [object, VirtualTimer] | undefined;
    for (const entry of this.#timers) {
      const [, { atMs, order }] = entry;
      const isSooner =
        next === undefined || atMs < next[1].atMs || (atMs === next[1].atMs && order < next[1].order);
      if (atMs <= untilMs && isSooner) {
        next = entry;
      }
    }
    return next;
  }

  #clear(handle: object | undefined): void {
    const timer = handle === undefined ? undefined : this.#timers.get(handle);
    if (handle !== undefined && timer !== undefined) {
      this.#timers.delete(handle);
      if (timer.life !== undefined) {
        timer.life.timers -= 1;
      }
    }
  }

  #replace(holder: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(holder, name);
    Object.defineProperty(holder, name, { value, configurable: true, writable: true });
    this.#replaced.push(() => {
      if (before === undefined) {
        Reflect.deleteProperty(holder, name);
      } else {
        Object.defineProperty(holder, name, before);
      }
    });
  }
}

/** Returns when nothing is left to do at this moment. */
function drain(): Promise<void> {
  return new Promise((resolve) => {
    realSetImmediate(resolve);
  });
}
