import { useLayoutEffect, useRef } from "preact/hooks";
import type { LogProperties } from "./message-log-properties.ts";

/**
 * Scrolls a conversation that was opened to its "new messages" line where it has one, else to its end. Whether that was
 * done: nothing was seen before.
 */
export function useOpeningPlace({
  messages,
  opening,
  timeline,
  log,
}: Pick<LogProperties, "messages" | "opening" | "timeline" | "log">): { readonly current: boolean } {
  const isPlaced = useRef(false);
  useLayoutEffect(() => {
    const { parts, scroller } = log;
    if (parts === undefined) {
      return;
    }
    parts.place.endsWithNewest = !timeline.hasNewer;
    if (isPlaced.current || messages.length === 0 || !opening.isDone) {
      return;
    }
    isPlaced.current = true;
    const line = scroller.current?.querySelector("[data-new-line]");
    parts.place.toEnd();
    if (line !== null && line !== undefined) {
      parts.place.show(line, 0.2);
    } else if (timeline.hasNewer) {
      parts.place.note();
    }
  });
  return isPlaced;
}
