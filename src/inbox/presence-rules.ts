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
