import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { mergeTexts } from "../composing/merge.ts";

export interface TextSource {
  /** Another source where this is another value. */
  readonly key: string;
  readonly get: () => string;
  readonly set: (text: string) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export interface SharedText {
  readonly text: string;
  readonly write: (text: string) => void;
  /** Another tab changed the text, and this one has not shown that yet. Reads it, so that the next answer is no. */
  readonly isOutdated: () => boolean;
  /** While an input method composes a word, the field's text must not be replaced. */
  readonly setInputMethod: (isActive: boolean) => void;
}

/** A text that other tabs may write too: what they write is shown at once, and neither overwrites the other. */
export function useSharedText(source: TextSource): SharedText {
  const [text, setText] = useState(source.get);
  const seen = useRef(text);
  const isWriting = useRef(false);
  const hasInputMethod = useRef(false);
  const current = useRef(source);
  current.current = source;
  const show = () => {
    seen.current = current.current.get();
    setText(seen.current);
  };
  const look = () => {
    if (!isWriting.current && !hasInputMethod.current && current.current.get() !== seen.current) {
      show();
    }
  };
  useLayoutEffect(show, [source.key]);
  useLayoutEffect(look);
  useEffect(() => source.subscribe(look), [source.subscribe]);
  const write = (typed: string) => {
    const merged = mergeTexts({ base: seen.current, mine: typed, theirs: source.get() });
    setText(merged);
    isWriting.current = true;
    source.set(merged);
    isWriting.current = false;
    seen.current = source.get();
  };
  const isOutdated = () => {
    const stored = source.get();
    const isOther = stored !== seen.current;
    seen.current = stored;
    if (isOther && stored !== "") {
      write(mergeTexts({ base: "", mine: text, theirs: stored }));
    }
    return isOther;
  };
  return {
    text,
    write,
    isOutdated,
    setInputMethod: (isActive) => {
      hasInputMethod.current = isActive;
    },
  };
}
