import { useLayoutEffect, useReducer } from "preact/hooks";
import type { Live } from "../../client/index.ts";

/** The value as it is now; the component is drawn again when it changes. */
export function useLive<Value>(live: Live<Value>): Value {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const { value } = live;
  useLayoutEffect(() => {
    const end = live.subscribe(() => draw(undefined));
    if (live.value !== value) {
      draw(undefined);
    }
    return end;
    // Only another source is subscribed to anew.
  }, [live]);
  return value;
}
