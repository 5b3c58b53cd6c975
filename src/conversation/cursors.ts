import type { Refusal } from "../protocol/errors.ts";
import { type Side, otherSide } from "../protocol/pair.ts";
import type { Devices, Device } from "./devices.ts";
import type { Sequencer } from "./sequencer.ts";
import { aboveHead } from "./errors.ts";
import type { Cursors, MessageStore } from "./message-store.ts";
import { visibleReadCursor } from "../model/flags.ts";
import type { ArchiveWrite } from "../archive/write.ts";

interface DeliveryMarksPorts {
  readonly store: MessageStore;
  readonly sequencer: Sequencer;
  readonly devices: Devices;
  /** A side's mark moved. */
  readonly onMoved: (side: Side, seq: number) => void;
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
    const { sequencer, devices } = this.#ports;
    return Math.max(sequencer.deliveredAtLeast(side), devices.deliveredSeq(side), this.#inInbox[side]);
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
  markInInbox(side: Side, seq: number, save: boolean): Refusal | undefined {
    return this.#move(side, seq, () => {
      this.#inInbox = { ...this.#inInbox, [side]: Math.max(this.#inInbox[side], seq) };
      if (save) {
        this.keep(side, seq);
      }
    });
  }

  /** A socket that remembered it left. */
  keep(side: Side, seq: number): void {
    const { store, sequencer } = this.#ports;
    if (seq > sequencer.deliveredAtLeast(side)) {
      store.transaction(() => sequencer.saveDelivered(side, seq));
    }
  }

  #move(side: Side, seq: number, remember: () => void): Refusal | undefined {
    const { sequencer, onMoved } = this.#ports;
    if (seq > sequencer.position.head) {
      return aboveHead();
    }
    const before = this.of(side);
    remember();
    if (this.of(side) > before) {
      onMoved(side, this.of(side));
    }
    return undefined;
  }
}

/** Whether a write shows a side anything that the archive did not show it before. */
export function isVisiblyChanged(
  side: Side,
  before: { readonly rev: number; readonly state: number; readonly read: Cursors },
  { rev, read, flags }: ArchiveWrite["summary"],
): boolean {
  const peer = otherSide(side);
  return (
    rev > before.rev ||
    flags.state > before.state ||
    read[side] > before.read[side] ||
    visibleReadCursor(read[peer], flags, peer) > before.read[peer]
  );
}
