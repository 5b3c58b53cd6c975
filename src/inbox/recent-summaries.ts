import type { InboxNotification } from "../rpc/inbox.ts";

/** What conversations told is at hand so long: longer than a write to the archive may take. */
export const recentMs = 60_000;
const maxRecent = 1_000;

type Known = Pick<InboxNotification, "summary" | "bothWrote">;
type RecentSummary = Known & { readonly atMs: number };

/** How conversations stood when they last told, as far as that was lately. In memory only. */
export class RecentSummaries {
  readonly #now: () => number;
  readonly #byPeer = new Map<string, RecentSummary>();

  constructor(now: () => number) {
    this.#now = now;
  }

  get(peer: string): RecentSummary | undefined {
    this.#forget();
    return this.#byPeer.get(peer);
  }

  /** The newest last. */
  all(): readonly RecentSummary[] {
    this.#forget();
    return [...this.#byPeer.values()];
  }

  /** Who told something within so many ms. */
  since(ms: number): readonly string[] {
    const sinceMs = this.#now() - ms;
    return [...this.#byPeer].flatMap(([peer, { atMs }]) => (atMs >= sinceMs ? [peer] : []));
  }

  /** Filters peers by their conversation, as recently delivered or as in D1, which may not have it yet. */
  async peersWhere(
    peers: readonly string[],
    archived: (peers: readonly string[]) => Promise<ReadonlyMap<string, Known>>,
    isTrue: (known: Known | undefined) => boolean,
  ): Promise<ReadonlySet<string>> {
    const others = peers.filter((peer) => !isTrue(this.get(peer)));
    const found = others.length === 0 ? new Map<string, Known>() : await archived(others);
    return new Set(peers.filter((peer) => !others.includes(peer) || isTrue(found.get(peer))));
  }

  set(peer: string, { summary, bothWrote }: Known): void {
    this.#byPeer.delete(peer);
    this.#byPeer.set(peer, { summary, bothWrote, atMs: this.#now() });
    this.#forget();
  }

  // In order of time: what is too old, or too much, comes first.
  #forget(): void {
    for (const [peer, { atMs }] of this.#byPeer) {
      if (this.#byPeer.size <= maxRecent && this.#now() - atMs <= recentMs) {
        return;
      }
      this.#byPeer.delete(peer);
    }
  }
}
