import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Nearness } from "./nearness.ts";
import { ScrollPlace } from "./scroll-place.ts";

export interface ScrolledLog {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  /** There once the log was drawn first. */
  readonly parts: { readonly place: ScrollPlace; readonly nearness: Nearness } | undefined;
}

/** Keeps the reader's place in a log through whatever is drawn or changes its height. */
export function useScrollPlace(): ScrolledLog {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [parts, setParts] = useState<ScrolledLog["parts"]>();
  useLayoutEffect(() => {
    if (scroller.current === null || content.current === null) {
      return undefined;
    }
    const place = new ScrollPlace(scroller.current);
    setParts({ place, nearness: new Nearness(scroller.current) });
    const observer = new ResizeObserver(() => place.keep());
    observer.observe(scroller.current);
    observer.observe(content.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => parts?.place.keep());
  return { scroller, content, parts };
}
