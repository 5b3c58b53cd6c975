import { otherSide, type Pair, type Side } from "../protocol/pair.ts";
import { typingBelievedMs } from "../protocol/typing.ts";
import type { Devices, Device } from "./devices.ts";
import type { InboxNotifier } from "./inbox-notifier.ts";
import type { Sequencer } from "./sequencer.ts";

interface TypingPorts {
  readonly pair: Pair;
  readonly sequencer: Sequencer;
  readonly devices: Devices;
  readonly notifier: InboxNotifier;
  readonly now: () => number;
}

/**
 * Which users are typing. A peer's client that misses the `off` of a user who left would show "typing" until it gives
 * up, so the server sends it when the socket goes. A socket keeps the fact in its attachment, over a sleep of the
 * object, without a timer.
 */
export class Typing {
  readonly #ports: TypingPorts;
  /** When a device on the user's inbox last said that they type. The inbox speaks for all of its devices. */
  readonly #inboxAtMs: Record<Side, number | undefined> = { a: undefined, b: undefined };

  constructor(ports: TypingPorts) {
    this.#ports = ports;
  }

  /** A device said that its user types or stopped; without one, the user's inbox did. */
  onTyping(side: Side, on: boolean, device?: Device): void {
    this.#set(side, on ? this.#ports.now() : undefined, device);
    if (on || !this.#isTyping(side)) {
      this.#send(side, on);
    }
  }

  /** A message ends its author's typing, without a frame. */
  onSent(side: Side, device?: Device): void {
    this.#set(side, undefined, device);
  }

  /** A socket that said so is gone: the peer hears that its user stopped, unless another device of theirs types. */
  onLeft({ side, kept }: Device): void {
    if (kept.typingAtMs !== undefined && !this.#isTyping(side)) {
      this.#send(side, false);
    }
  }

  #send(side: Side, on: boolean): void {
    const { pair, sequencer, devices, notifier } = this.#ports;
    const peer = otherSide(side);
    if (sequencer.isBlocked(side) || sequencer.isBlocked(peer)) {
      return;
    }
    const frame = { type: "typing", user: pair[side], on } as const;
    devices.broadcast(frame, (device) => device.side === peer);
    // Nobody's inbox hears of somebody who may not have begun a conversation with them.
    if (!sequencer.isEmpty) {
      notifier.add(frame, peer);
    }
  }

  #set(side: Side, atMs: number | undefined, device: Device | undefined): void {
    if (device === undefined) {
      this.#inboxAtMs[side] = atMs;
    } else if (device.kept.typingAtMs !== atMs) {
      device.remember({ typingAtMs: atMs });
    }
  }

  /** As long as a client may believe it. */
  #isTyping(side: Side): boolean {
    const { devices, now } = this.#ports;
    const saidAtMs = [this.#inboxAtMs[side], ...devices.of(side).map(({ kept }) => kept.typingAtMs)];
    return saidAtMs.some((atMs) => atMs !== undefined && now() - atMs < typingBelievedMs);
  }
}
