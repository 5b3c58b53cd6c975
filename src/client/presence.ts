import { Timer } from "./timer.ts";
/** Changes of what is looked at within so long are one `subscribe`. */
const subscribeDelayMs = 50;

export interface PeerPresence {
  readonly peerOnline: boolean;
  readonly lastSeenMs?: number;
}

export interface PresenceFollowerPorts {
  /** The peers that are looked at, those in view first. */
  wanted(): readonly string[];
  maxPeers(): number;
  transmit(frame: { readonly type: "subscribe"; readonly peers: readonly string[] }): boolean;
}

/** Who of the peers that are looked at is online. */
export class PresenceFollower {
  readonly #ports: PresenceFollowerPorts;
  readonly #told = new Map<string, PeerPresence>();
  #subscribed = "[]";
  readonly #timer = new Timer();

  constructor(ports: PresenceFollowerPorts) {
    this.#ports = ports;
  }

  get(peer: string): PeerPresence | undefined {
    return this.#told.get(peer);
  }

  note(peer: string, peerOnline: boolean, lastSeenMs = this.#told.get(peer)?.lastSeenMs): void {
    const isAway = !peerOnline && lastSeenMs !== undefined;
    this.#told.set(peer, { peerOnline, ...(isAway && { lastSeenMs }) });
  }

  /** What is looked at may be other peers now. */
  changed(delayMs = subscribeDelayMs): void {
    if (!this.#timer.isSet) {
      this.#timer.set(delayMs, () => this.#subscribe());
    }
  }

  /** Nobody is followed on a new socket. */
  lost(): void {
    this.#timer.clear();
    this.#subscribed = "[]";
    this.#told.clear();
  }

  /** The last `subscribe` could not be taken. */
  refused(afterMs: number): void {
    this.#subscribed = "[]";
    this.changed(afterMs);
  }

  #subscribe(): void {
    const peers = Array.from(new Set(this.#ports.wanted())).slice(0, this.#ports.maxPeers());
    const subscribed = JSON.stringify(Array.from(peers).sort());
    if (subscribed !== this.#subscribed && this.#ports.transmit({ type: "subscribe", peers })) {
      this.#subscribed = subscribed;
    }
  }
}
