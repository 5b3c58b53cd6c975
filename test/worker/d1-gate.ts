import { onTestFinished } from "vitest";
import { env } from "./clients.ts";
import { interceptD1 } from "./d1-calls.ts";

/** Holds every call to D1 back until `open`; after `letPass` only those that came before. */
export function gateD1() {
  const watchers = new Set<() => void>();
  let waiting = 0;
  let isHolding = true;
  const opened = Promise.withResolvers<void>();
  const restore = interceptD1(env.DB, async (call) => {
    if (isHolding) {
      waiting += 1;
      watchers.forEach((watcher) => watcher());
      await opened.promise;
    }
    return call();
  });
  onTestFinished(restore);
  return {
    waiting: (count: number) =>
      new Promise<void>((resolve) => {
        const watcher = () => waiting >= count && resolve();
        watchers.add(watcher);
        watcher();
      }),
    letPass: () => {
      isHolding = false;
    },
    open: () => {
      isHolding = false;
      opened.resolve();
    },
  };
}
