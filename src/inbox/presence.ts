import { refusal, type Refusal } from "../protocol/errors.ts";
import { fixedLimits } from "../protocol/limits.ts";
import { TokenBucket } from "../lib/token-bucket.ts";
import type { VisiblePresence } from "../rpc/inbox.ts";
/** What an inbox keeps of its user's presence. */
export interface KeptPresence {
  /** The user lets others see that they are online. */
  readonly visible: boolean;
  readonly lastSeenMs?: number;
  /** Peers in whose conversation the user has a socket. */
  readonly places: readonly string[];
}

export const freshPresence: KeptPresence = { visible: true, places: [] };

/**
 * Places that are kept: they are one row, and each may be called. One more is not kept until another closes. If it took the
 * place of an open one, that one would be new again with its next delivery, and each delivery would write the row.
 */
export const maxPlaces = 100;

export function withPlace(kept: KeptPresence, peer: string, isHere: boolean): KeptPresence {
  if (kept.places.includes(peer) === isHere) {
    return kept;
  }
  if (isHere && kept.places.length >= maxPlaces) {
    return kept;
  }
  const others = kept.places.filter((place) => place !== peer);
  return { ...kept, places: isHere ? [...others, peer] : others };
}

/** Hidden users look like ones who were never here. */
export function seen({ visible, lastSeenMs }: KeptPresence, online: boolean): VisiblePresence {
  if (!visible) {
    return { online: false };
  }
  return online || lastSeenMs === undefined ? { online } : { online, lastSeen: lastSeenMs };
}

export function toMinute(timeMs: number): number {
  return Math.floor(timeMs / 60_000) * 60_000;
}

/** Followers that are remembered; beyond them the oldest are forgotten and ask again. */
const maxFollowers = 1_000;

/** How long a place that said that the user is there is believed without asking it again. */
const placesAgeMs = 120_000;

/** What survives, each value one row. */
export interface PresenceStore {
  readonly load: () => { readonly presence?: KeptPresence; readonly followers?: readonly string[] };
  readonly savePresence: (presence: KeptPresence) => void;
  readonly saveFollowers: (followers: readonly string[]) => void;
  readonly isBlocked: (peer: string) => boolean;
  readonly saveBlocked: (peer: string, blocked: boolean) => void;
}

interface OwnPresencePorts {
  readonly now: () => number;
  /** Whether the user has an inbox socket, and whether one of them lives. */
  readonly hasDevice: () => boolean;
  readonly hasLiveDevice: () => boolean;
  readonly store: PresenceStore;
  /** Whether the user has a live socket in the conversation with a peer. */
  readonly hasSocket: (peer: string) => Promise<boolean>;
  /** Tells a follower; whether anyone of theirs still follows. */
  readonly notifyFollower: (follower: string, presence: VisiblePresence) => Promise<boolean>;
  /** A follower or a conversation could not be told or asked. */
  readonly onFailure: () => void;
  /** The conversation with a peer asks again whether the user may be seen. */
  readonly requireNotify: (peer: string) => Promise<void>;
  /** Those of the peers with whom the user has a conversation that has messages. Throws where the archive does not answer. */
  readonly known: (peers: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** Whether the inbox's user is online, who may see it, and who is told when it changes. */
export class OwnPresence {
  readonly #ports: OwnPresencePorts;
  #kept: KeptPresence;
  #followers: readonly string[];
  /** What followers were told last, as far as sockets that outlived a sleep show it. */
  #wasOnline = false;
  #placesCheckedAtMs = 0;
  /** Followers that said that they follow no more, and did not come back since. */
  readonly #gone = new Set<string>();
  /** Followers that could not be reached with what was new. */
  readonly #unheard = new Set<string>();
  readonly #allowance: TokenBucket;

  constructor(ports: OwnPresencePorts) {
    this.#ports = ports;
    const { presence = freshPresence, followers = [] } = ports.store.load();
    this.#kept = presence;
    this.#followers = followers;
    this.#allowance = new TokenBucket(
      fixedLimits.presenceChangesPerMinute / 60,
      fixedLimits.presenceChangesPerMinute,
      ports.now(),
    );
    this.onRestored();
  }

  get visible(): boolean {
    return this.#kept.visible;
  }

  /** Shows or hides the user, everywhere. Each time calls whoever follows them, so a user may do it only so often. */
  async setVisible(visible: boolean): Promise<Refusal | undefined> {
    const retryAfterMs = this.#allowance.take(this.#ports.now());
    if (retryAfterMs > 0) {
      return refusal("rate_limited", { retryAfterMs });
    }
    // A repeat writes nothing, but calls followers and conversations again: one may have missed the first call.
    if (visible !== this.#kept.visible) {
      this.#keep({ ...this.#kept, visible });
    }
    await Promise.all([
      this.#tell(this.#followers.filter((follower) => !this.#ports.store.isBlocked(follower))),
      this.#askPlaces(),
    ]);
    return undefined;
  }

  /** A conversation says whether the user has a socket there. Writes a row where that is new. */
  setPlace(peer: string, isHere: boolean): void {
    this.#keep(withPlace(this.#kept, peer, isHere));
    this.onChanged();
  }

  /** The user blocks a peer, who sees them no more, or blocks them no more. Writes a row where that is new. */
  setBlocked(peer: string, blocked: boolean): void {
    const { store } = this.#ports;
    if (store.isBlocked(peer) !== blocked) {
      store.saveBlocked(peer, blocked);
      if (this.visible && this.#followers.includes(peer)) {
        void this.#tell([peer]);
      }
    }
  }

  /** Sockets that were there before: what followers see counts them already, silent and expired ones too. */
  onRestored(): void {
    this.#wasOnline = this.#ports.hasDevice() || this.#kept.places.length > 0;
  }

  /** A socket of the user came or went: tells followers where that is the first or was the last. */
  onChanged(): void {
    const online = this.#isOnline();
    if (online === this.#wasOnline) {
      return;
    }
    this.#wasOnline = online;
    if (!online) {
      this.#keep({ ...this.#kept, lastSeenMs: toMinute(this.#ports.now()) });
    }
    void this.#tell(this.#followers.filter((follower) => this.#isNews(follower)));
  }

  /** The last inbox socket left: places that died unheard must not keep the user online. */
  async onLeft(): Promise<void> {
    this.onChanged();
    if (!this.#ports.hasDevice()) {
      await this.#checkPlaces(0);
    }
  }

  /** A follower asks, and is told of changes from now on. Writes a row for a new one. */
  async follow(follower: string): Promise<VisiblePresence> {
    this.#gone.delete(follower);
    if (!this.#followers.includes(follower)) {
      this.#keepFollowers([...this.#followers, follower].slice(-maxFollowers));
    }
    await this.#checkPlaces(placesAgeMs);
    return this.#seenBy(follower);
  }

  #isOnline(): boolean {
    return this.#ports.hasLiveDevice() || this.#kept.places.length > 0;
  }

  /** Who is blocked sees what they would see of a hidden user. */
  #seenBy(follower: string): VisiblePresence {
    const isBlocked = this.#ports.store.isBlocked(follower);
    return seen(isBlocked ? { ...this.#kept, visible: false } : this.#kept, this.#isOnline());
  }

  /** Whoever sees nothing of the user gets no frame that says nothing: it would tell when they come and go. */
  #isNews(follower: string): boolean {
    const isSeen = this.visible && !this.#ports.store.isBlocked(follower);
    return isSeen || this.#unheard.has(follower);
  }

  async #tell(followers: readonly string[]): Promise<void> {
    const gone = this.#gone;
    await Promise.all(
      followers.map(async (follower) => {
        try {
          const follows = await this.#ports.notifyFollower(follower, this.#seenBy(follower));
          this.#unheard.delete(follower);
          if (!follows) {
            gone.add(follower);
          }
        } catch {
          // It stays: it may only be away.
          this.#unheard.add(follower);
          this.#ports.onFailure();
        }
      }),
    );
    if (gone.size > 0) {
      this.#keepFollowers(this.#followers.filter((follower) => !gone.has(follower)));
      gone.clear();
    }
  }

  /** Skips conversations without messages: their peers may not exist, and they read the setting with their next frame. */
  async #askPlaces(): Promise<void> {
    const places = await this.#placesSeen();
    this.#reportFailed(await Promise.allSettled(places.map((peer) => this.#ports.requireNotify(peer))));
  }

  async #placesSeen(): Promise<readonly string[]> {
    const { places } = this.#kept;
    const others = places.filter((peer) => !this.#followers.includes(peer));
    if (others.length === 0) {
      return places;
    }
    try {
      const known = await this.#ports.known(others);
      return places.filter((peer) => known.has(peer) || !others.includes(peer));
    } catch {
      // Better a call too many than a user who is shown although they hide.
      return places;
    }
  }

  /** Once for all: an outage breaks every call. */
  #reportFailed(calls: readonly PromiseSettledResult<unknown>[]): void {
    if (calls.some(({ status }) => status === "rejected")) {
      this.#ports.onFailure();
    }
  }

  // A conversation that died took its sockets with it and told nobody.
  async #checkPlaces(maxAgeMs: number): Promise<void> {
    const nowMs = this.#ports.now();
    const { places } = this.#kept;
    if (places.length === 0 || this.#ports.hasLiveDevice() || nowMs - this.#placesCheckedAtMs < maxAgeMs) {
      return;
    }
    this.#placesCheckedAtMs = nowMs;
    const here = await Promise.allSettled(places.map((peer) => this.#ports.hasSocket(peer)));
    this.#reportFailed(here);
    // One that cannot be asked may still have the user.
    const left = places.filter((_, index) => {
      const answer = here[index];
      return answer?.status === "fulfilled" && !answer.value;
    });
    let kept = this.#kept;
    for (const peer of left) {
      kept = withPlace(kept, peer, false);
    }
    this.#keep(kept);
    this.onChanged();
  }

  #keep(kept: KeptPresence): void {
    if (kept !== this.#kept) {
      this.#kept = kept;
      this.#ports.store.savePresence(kept);
    }
  }

  #keepFollowers(followers: readonly string[]): void {
    this.#followers = followers;
    this.#ports.store.saveFollowers(followers);
  }
}
