interface Watched {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
}

/** Calls `changed` when a browser says that the network came or went, or that the page is looked at again. */
export function watchNetwork(changed: () => void): () => void {
  const scope = globalThis as Watched & { document?: Watched & { visibilityState?: string } };
  const { document } = scope;
  const seen = () => {
    if (document?.visibilityState !== "hidden") {
      changed();
    }
  };
  const watches = [
    [scope, "online", changed],
    [scope, "offline", changed],
    [scope, "pageshow", seen],
    [document, "visibilitychange", seen],
  ] as const;
  watches.forEach(([target, type, listener]) => target?.addEventListener?.(type, listener));
  return () => watches.forEach(([target, type, listener]) => target?.removeEventListener?.(type, listener));
}
