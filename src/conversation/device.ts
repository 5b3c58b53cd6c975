import * as z from "zod";
import type { Side } from "../protocol/pair.ts";
import { attachmentSchema, Connection } from "../sockets/connection.ts";

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
