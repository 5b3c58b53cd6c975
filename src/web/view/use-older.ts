import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Connection, Timeline } from "../../client/index.ts";

export interface Older {
  readonly hasFailed: boolean;
  /** Loads the next page, unless one is on its way. */
  readonly load: () => Promise<void>;
}

/** Older messages on demand. What failed is tried again when the connection is back. */
export function useOlder(messages: Timeline, { state }: Connection): Older {
  const loading = useRef<Promise<void> | undefined>(undefined);
  const [hasFailed, setFailed] = useState(false);
  const load = useCallback(() => {
    loading.current ??= messages
      .loadOlder(messages.value.length === 0 ? undefined : 100)
      .then(
        () => setFailed(false),
        () => setFailed(true),
      )
      .finally(() => {
        loading.current = undefined;
      });
    return loading.current;
  }, [messages]);
  useEffect(() => {
    if (state === "open") {
      setFailed(false);
    }
  }, [state]);
  return { hasFailed, load };
}
