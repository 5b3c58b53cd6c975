import type { Refusal } from "../protocol/errors.ts";
import type { Side } from "../protocol/pair.ts";
import type { Device } from "./device.ts";
import type { Devices } from "./devices.ts";
import type { Line } from "./line.ts";
import { aboveHead } from "./refusals.ts";
import type { Cursors, Log } from "./log.ts";

interface DeliveryMarksPorts {
  readonly log: Log;
  readonly line: Line;
  readonly devices: Devices;
  /** A side's mark moved. */
  readonly moved: (side: Side, seq: number) => void;
}

/** How far the devices of each user have everything: remembered by their sockets, kept in the log when these leave. */
export class DeliveryMarks {
  readonly #ports: DeliveryMarksPorts;
  /** What devices on the users' inbox sockets said; those sockets remember it. */
  #inInbox: Cursors = { a: 0, b: 0 };

  constructor(ports: DeliveryMarksPorts) {
    this.#ports = ports;
  }

  of(side: Side): number {
    const { line, devices } = this.#ports;
    return Math.max(line.deliveredAtLeast(side), devices.deliveredSeq(side), this.#inInbox[side]);
  }

  /** A device has everything up to `seq`. */
  mark(device: Device, seq: number): Refusal | undefined {
    return this.#move(device.side, seq, () => {
      if (seq > device.deliveredSeq) {
        device.remember({ deliveredSeq: seq });
      }
    });
  }

  /** The same of a device on its user's inbox socket; `keep` when that socket left and remembers no more. */
  markInInbox(side: Side, seq: number, keep: boolean): Refusal | undefined {
    return this.#move(side, seq, () => {
      this.#inInbox = { ...this.#inInbox, [side]: Math.max(this.#inInbox[side], seq) };
      if (keep) {
        this.keep(side, seq);
      }
    });
  }

  /** A socket that remembered it left. */
  keep(side: Side, seq: number): void {
    const { log, line } = this.#ports;
    if (seq > line.deliveredAtLeast(side)) {
      log.transaction(() => line.keepDelivered(side, seq));
    }
  }

  #move(side: Side, seq: number, remember: () => void): Refusal | undefined {
    const { line, moved } = this.#ports;
    if (seq > line.position.head) {
      return aboveHead();
    }
    const before = this.of(side);
    remember();
    if (this.of(side) > before) {
      moved(side, this.of(side));
    }
    return undefined;
  }
}
