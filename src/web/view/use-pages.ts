import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Connection, Timeline } from "../../client/index.ts";

/** Messages in one direction, on demand. */
export interface Loader {
  /** How often loading failed since it last succeeded or the connection came back; 0: it may be tried. */
  readonly failures: number;
  /** Loads the next page, unless one is on its way. */
  readonly load: () => Promise<void>;
}

export interface Pages {
  readonly older: Loader;
  readonly newer: Loader;
}

export function usePages(messages: Timeline, { state }: Connection): Pages {
  const older = useLoader(
    useCallback(() => messages.loadOlder(messages.value.length === 0 ? undefined : 100), [messages]),
    state,
  );
  const newer = useLoader(
    useCallback(() => messages.loadNewer(100), [messages]),
    state,
  );
  return { older, newer };
}

/** What failed is tried again when the connection is back. */
function useLoader(loadPage: () => Promise<void>, state: Connection["state"]): Loader {
  const loading = useRef<Promise<void> | undefined>(undefined);
  const [failures, setFailures] = useState(0);
  const load = useCallback(() => {
    loading.current ??= loadPage()
      .then(
        () => setFailures(0),
        () => setFailures((before) => before + 1),
      )
      .finally(() => {
        loading.current = undefined;
      });
    return loading.current;
  }, [loadPage]);
  useEffect(() => {
    if (state === "open") {
      setFailures(0);
    }
  }, [state]);
  return { failures, load };
}
