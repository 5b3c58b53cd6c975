import { refusal, type Refusal } from "../protocol/errors.ts";
import type { InboxServerFrame } from "../protocol/inbox-frame.ts";
import type { InboxDevice } from "./inbox-device.ts";
import type { SeenPresence } from "./presence-rules.ts";

interface FollowingPorts {
  readonly devices: () => readonly InboxDevice[];
  readonly send: (device: InboxDevice, frame: InboxServerFrame) => void;
  /** Those of the peers with whom both have written. Throws where that cannot be told. */
  readonly bothWroteWith: (peers: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Asks a peer's inbox, which tells of changes from then on. */
  readonly follow: (peer: string) => Promise<SeenPresence>;
}

/** Whose presence the user's devices follow: the peers on their screens. */
export class Following {
  readonly #ports: FollowingPorts;

  constructor(ports: FollowingPorts) {
    this.#ports = ports;
  }

  /** A device follows these peers instead of those before. Answers with what is seen of the new ones; a refusal where that cannot be told. */
  async subscribe(device: InboxDevice, peers: readonly string[]): Promise<Refusal | undefined> {
    const added = newAmong(device, peers);
    device.remember({ following: [...new Set(peers)] });
    try {
      const granted = await this.#ports.bothWroteWith(added);
      await Promise.all([...granted].map((peer) => this.#show(peer, [device])));
      return undefined;
    } catch {
      return refusal("archive_unavailable");
    }
  }

  /** Both have written now: whoever follows the peer sees them from here on. */
  async granted(peer: string): Promise<void> {
    const devices = this.#followersOf(peer);
    if (devices.length > 0) {
      await this.#show(peer, devices);
    }
  }

  /** A peer's inbox tells of a change. Whether anyone still follows. */
  told(peer: string, presence: SeenPresence): boolean {
    const devices = this.#followersOf(peer);
    this.#send(devices, peer, presence);
    return devices.length > 0;
  }

  async #show(peer: string, devices: readonly InboxDevice[]): Promise<void> {
    try {
      this.#send(devices, peer, await this.#ports.follow(peer));
    } catch {
      // Their inbox does not answer: nothing is seen of them, and the next screen asks again.
    }
  }

  #send(devices: readonly InboxDevice[], peer: string, presence: SeenPresence): void {
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
