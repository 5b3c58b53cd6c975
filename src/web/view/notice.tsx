import { useCallback, useEffect, useState } from "preact/hooks";

const shownMs = 5_000;

export interface Notified {
  readonly text: string;
  /** Another each time: only a new element is read out again. */
  readonly key: number;
}

export function useNotice() {
  const [notified, setNotified] = useState<Notified>();
  useEffect(() => {
    const timer = setTimeout(() => setNotified(undefined), shownMs);
    return () => clearTimeout(timer);
  }, [notified]);
  const notify = useCallback(
    (text: string) => setNotified((before) => ({ text, key: (before?.key ?? 0) + 1 })),
    [],
  );
  return { notice: notified, notify };
}

/** The region stays: screen readers tell what changes in it. */
export function Notice({ notice }: { readonly notice: Notified | undefined }) {
  return (
    <div class="notice" role="status">
      {notice !== undefined && <p key={notice.key}>{notice.text}</p>}
    </div>
  );
}
