import type { Env } from "../../src/env.ts";

/** One answer of D1 to one statement; only what the tests look at. */
export interface D1Answer {
  readonly meta: { readonly rows_read: number; readonly rows_written: number };
}

type Call = (...parameters: unknown[]) => Promise<D1Answer | D1Answer[]>;

/** Every statement and batch, of the database and of its sessions, goes through one of these, whichever transport workerd chose. */
const channels = ["_queryOrThrow", "_sendOrThrow"] as const;

/** What stands between the Worker and D1: calls it, or does not, and gives back the answer or throws. */
export type D1Interceptor = (call: () => Promise<D1Answer[]>) => Promise<D1Answer[]>;

/** Puts `intercept` around every call to D1, the objects' too: they run in the tests' isolate. Returns the way back. */
export function interceptD1(database: Env["DB"], intercept: D1Interceptor): () => void {
  const prototype = Object.getPrototypeOf(database.withSession()) as Record<string, Call>;
  const undo = channels.map((channel) => {
    const original = prototype[channel];
    if (original === undefined) {
      throw new Error(`D1 has no ${channel} any more: find the new place where all its calls pass`);
    }
    prototype[channel] = function intercepted(...parameters) {
      return intercept(async () => [await original.apply(this, parameters)].flat());
    };
    return () => {
      prototype[channel] = original;
    };
  });
  return () => undo.forEach((one) => one());
}
