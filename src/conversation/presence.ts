import { otherSide, type Pair, type Side } from "../protocol/pair.ts";
import type { Devices, Device } from "./devices.ts";

/** Who of the two is seen online in their conversation: whoever has a live socket and lets it be seen. */
export class Presence {
  readonly #devices: Devices;
  readonly #pair: Pair;
  readonly #blocks: (side: Side) => boolean;
  readonly #shown: Record<Side, boolean>;

  /** `blocks`: whether a side blocks the other, who then does not see it. */
  constructor(devices: Devices, pair: Pair, blocks: (side: Side) => boolean) {
    this.#devices = devices;
    this.#pair = pair;
    this.#blocks = blocks;
    this.#shown = { a: this.#wasShown("a"), b: this.#wasShown("b") };
  }

  /** A user nobody was told of yet counts as hidden until their inbox has said that they are not. */
  isOnline(side: Side): boolean {
    return this.#wasShown(side) && this.#devices.isOnline(side);
  }

  /** What the user's inbox said. Their sockets remember it while the object sleeps. */
  setVisible(side: Side, visible: boolean): void {
    for (const device of this.#devices.of(side)) {
      if (device.isOpen && device.kept.visible !== visible) {
        device.remember({ visible });
      }
    }
    this.onChanged(side);
  }

  /** A new socket: whether its user may be seen is known already where they have another one. */
  onConnected(device: Device): void {
    const { side } = device;
    const known = this.#devices.of(side).find(({ kept }) => kept.visible !== undefined);
    if (known?.kept.visible !== undefined) {
      device.remember({ visible: known.kept.visible });
    }
    this.onChanged(side);
  }

  /** A socket was found that was there before: what the peer sees counts it already. */
  onRestored(side: Side): void {
    this.#shown[side] = this.#wasShown(side);
  }

  /** A socket of the user came or left: tells the peer's devices where that changed what they see. */
  onChanged(side: Side): void {
    const online = this.isOnline(side);
    if (online !== this.#shown[side]) {
      this.#shown[side] = online;
      const frame = { type: "presence", user: this.#pair[side], online } as const;
      this.#devices.broadcast(frame, (device) => device.side === otherSide(side));
    }
  }

  // A socket that outlived a sleep was shown, also one that is silent or expired by now; so was none of who blocks.
  #wasShown(side: Side): boolean {
    return !this.#blocks(side) && this.#devices.of(side).some((device) => device.kept.visible === true);
  }
}
