import type { Side } from "../protocol/pair.ts";
import type { ServerFrame } from "../protocol/server-frame.ts";
import { Connections } from "../sockets/connections.ts";
import type { Device } from "./device.ts";

/** The devices of both users in their conversation. */
export class Devices extends Connections<Device, ServerFrame> {
  join(device: Device): void {
    this.add(device, this.of(device.side));
  }

  of(side: Side): Device[] {
    return this.all.filter((device) => device.side === side);
  }

  /** Whether a user has a socket that lives. */
  isOnline(side: Side): boolean {
    return this.of(side).some((device) => this.isLive(device));
  }

  /** The furthest delivery mark of a user's sockets; 0 without any. */
  deliveredSeq(side: Side): number {
    return Math.max(0, ...this.of(side).map((device) => device.deliveredSeq));
  }
}
