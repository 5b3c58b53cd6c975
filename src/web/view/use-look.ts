import { useEffect, useRef, useState } from "preact/hooks";
import type { ScrollPlace } from "./scroll-place.ts";
import type { LogProperties } from "./message-log-properties.ts";

export interface Look {
  /** Whether the reader sees the end of what is here. */
  readonly isAtEnd: boolean;
  /** The reader scrolled. */
  readonly look: () => void;
}

/** Notices what the reader sees: loads what they will need next, and tells what they have seen. */
export function useLook(
  { timeline, log, pages, opening, onSeen }: LogProperties,
  isPlaced: { readonly current: boolean },
): Look {
  const [isAtEnd, setAtEnd] = useState(true);
  const look = useRef(() => {});
  const { hasOlder, hasNewer } = timeline;
  const loadNext = ({ isNearStart, isNearEnd }: ScrollPlace) => {
    if (isNearStart && hasOlder && pages.older.failures === 0) {
      void pages.older.load();
    }
    if (isNearEnd && hasNewer && pages.newer.failures === 0) {
      void pages.newer.load();
    }
  };
  look.current = () => {
    const place = log.parts?.place;
    if (place?.isShown !== true || !opening.isDone) {
      return;
    }
    setAtEnd(place.isAtEnd);
    loadNext(place);
    const seen = Number(place.lastSeen()?.getAttribute("data-seq") ?? 0);
    if (isPlaced.current && seen > 0) {
      onSeen(seen);
    }
  };
  // The end of a window becomes the end of the conversation without anybody scrolling.
  useEffect(() => log.parts?.place.note(), [log.parts, hasNewer]);
  // What is near the start, and what is seen, changes with everything that is drawn too.
  useEffect(() => look.current());
  return { isAtEnd, look: () => look.current() };
}
