import { z } from "zod";
import type { Side } from "../protocol/pair.ts";
import type { ServerFrame } from "../protocol/server-frame.ts";
import { ConnectionSet } from "../websocket/connection-set.ts";
import { attachmentSchema, Connection } from "../websocket/connection.ts";

/** The devices of both users in their conversation. */
export class Devices extends ConnectionSet<Device, ServerFrame> {
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

/** What a socket of a conversation remembers. Fields are only added. */
export const deviceAttachmentSchema = attachmentSchema.extend({
  side: z.enum(["a", "b"]),
  deliveredSeq: z.number(),
  /** Its user may be shown as online, as far as their inbox said so. */
  visible: z.boolean().optional(),
  /** When it last said that its user types; missing: they stopped. */
  typingAtMs: z.number().optional(),
});

export type DeviceAttachment = z.infer<typeof deviceAttachmentSchema>;

/** One device's socket in one conversation. */
export class Device extends Connection<DeviceAttachment> {
  get side(): Side {
    return this.kept.side;
  }

  get deliveredSeq(): number {
    return this.kept.deliveredSeq;
  }
}
