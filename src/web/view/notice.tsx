import { useCallback, useEffect, useState } from "preact/hooks";

const shownMs = 5_000;

interface Notified {
  readonly text: string;
}

export function useNotice() {
  const [notified, setNotified] = useState<Notified>();
  useEffect(() => {
    const timer = setTimeout(() => setNotified(undefined), shownMs);
    return () => clearTimeout(timer);
  }, [notified]);
  // The same text again is told again.
  const notify = useCallback((text: string) => setNotified({ text }), []);
  return { notice: notified?.text, notify };
}

/** The region stays: screen readers tell what changes in it. */
export function Notice({ text }: { readonly text: string | undefined }) {
  return (
    <div class="notice" role="status">
      {text !== undefined && <p>{text}</p>}
    </div>
  );
}
