import { refusal, type Refusal } from "../protocol/errors.ts";
import type { InboxServerFrame } from "../protocol/inbox-frame.ts";
import type { InboxDevice } from "./device.ts";
import type { VisiblePresence } from "../rpc/inbox.ts";

interface PresenceSubscriptionsPorts {
  readonly devices: () => readonly InboxDevice[];
  readonly send: (device: InboxDevice, frame: InboxServerFrame) => void;
  /** Those of the peers with whom both have written. Throws where that cannot be told. */
  readonly bothWroteWith: (peers: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Asks a peer's inbox, which tells of changes from then on. */
  readonly follow: (peer: string) => Promise<VisiblePresence>;
  /** A peer's inbox could not be asked. */
  readonly onFailure: () => void;
}

/** Whose presence the user's devices follow: the peers on their screens. */
export class PresenceSubscriptions {
  readonly #ports: PresenceSubscriptionsPorts;

  constructor(ports: PresenceSubscriptionsPorts) {
    this.#ports = ports;
  }

  /**
   * A device follows these peers instead of those before, and is answered with what is seen of the new ones. A refusal
   * where that cannot be told; the same peers may then be asked for again.
   */
  async subscribe(device: InboxDevice, peers: readonly string[]): Promise<Refusal | undefined> {
    const added = newAmong(device, peers);
    device.remember({ following: [...new Set(peers)] });
    try {
      const onBothWrote = await this.#ports.bothWroteWith(added);
      await Promise.all([...onBothWrote].map((peer) => this.#show(peer)));
      return undefined;
    } catch {
      this.#forget(device, added);
      return refusal("archive_unavailable");
    }
  }

  /** Both have written now: whoever follows the peer sees them from here on. */
  async granted(peer: string): Promise<void> {
    if (this.#followersOf(peer).length > 0) {
      await this.#show(peer);
    }
  }

  /** A peer's inbox tells of a change. Whether anyone still follows. */
  onPresence(peer: string, presence: VisiblePresence): boolean {
    const devices = this.#followersOf(peer);
    this.#send(devices, peer, presence);
    return devices.length > 0;
  }

  // To whoever follows the peer when the answer is there: a screen may have changed meanwhile.
  async #show(peer: string): Promise<void> {
    try {
      const presence = await this.#ports.follow(peer);
      this.#send(this.#followersOf(peer), peer, presence);
    } catch {
      this.#ports.onFailure();
      // Their inbox does not answer: nothing is seen of them, and the same screen may ask again.
      for (const device of this.#followersOf(peer)) {
        this.#forget(device, [peer]);
      }
    }
  }

  #forget(device: InboxDevice, peers: readonly string[]): void {
    if (device.isOpen) {
      device.remember({ following: device.kept.following.filter((peer) => !peers.includes(peer)) });
    }
  }

  #send(devices: readonly InboxDevice[], peer: string, presence: VisiblePresence): void {
    for (const device of devices) {
      this.#ports.send(device, { type: "presence", peer, user: peer, ...presence });
    }
  }

  #followersOf(peer: string): readonly InboxDevice[] {
    return this.#ports.devices().filter((device) => device.kept.following.includes(peer));
  }
}

/** The peers of a subscription that its device does not follow yet: each costs a call. */
export function newAmong(device: InboxDevice, peers: readonly string[]): string[] {
  return [...new Set(peers)].filter((peer) => !device.kept.following.includes(peer));
}
