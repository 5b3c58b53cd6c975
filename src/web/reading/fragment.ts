/** What an app may write behind the `#` of the page's address. It never reaches a server. */
export interface Fragment {
  readonly token?: string;
  readonly user?: string;
  readonly peer?: string;
}

export function readFragment(hash: string): Fragment {
  const values = new URLSearchParams(hash.replace(/^#\/?/, ""));
  const entries = ["token", "user", "peer"].flatMap((name) => {
    const value = values.get(name);
    return value === null || value === "" ? [] : [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

/** The address of a conversation: what the fragment is once token and user are taken from it. */
export function peerFragment(peer: string | undefined): string {
  return peer === undefined ? "#/" : `#/peer=${encodeURIComponent(peer.toWellFormed())}`;
}
