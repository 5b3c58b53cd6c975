interface Watched {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
}

/** Calls `returned` when a browser says that the network is back, `changed` when it went or the page is looked at again. */
export function watchNetwork(returned: () => void, changed: () => void): () => void {
  const scope = globalThis as Watched & { document?: Watched & { visibilityState?: string } };
  const { document } = scope;
  const seen = () => {
    if (document?.visibilityState !== "hidden") {
      changed();
    }
  };
  const watches = [
    [scope, "online", returned],
    [scope, "offline", changed],
    [scope, "pageshow", seen],
    [document, "visibilitychange", seen],
  ] as const;
  watches.forEach(([target, type, listener]) => target?.addEventListener?.(type, listener));
  return () => watches.forEach(([target, type, listener]) => target?.removeEventListener?.(type, listener));
}
