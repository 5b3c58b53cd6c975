import * as z from "zod";
import type { InboxServerFrame } from "../protocol/inbox-frame.ts";
import { attachmentSchema, Connection, type Socket } from "../websocket/connection.ts";

/** What an inbox socket remembers. Fields are only added. The platform keeps 16,384 bytes of it. */
export const inboxAttachmentSchema = attachmentSchema.extend({
  /** Whose presence it follows. */
  following: z.array(z.string()),
  /** How far it has everything, of the conversations that moved on it. */
  delivered: z.array(z.tuple([z.string(), z.number()])),
  /** To whom its user types, as it last said, and when it said so. */
  typing: z.array(z.tuple([z.string(), z.number()])).optional(),
});
export type InboxAttachment = z.infer<typeof inboxAttachmentSchema>;

/** Marks that fit beside fifty followed peers, all with the longest ids. */
const maxRememberedMarks = 40;

/** Nobody types to more peers at once; these fit too. */
const maxRememberedTyping = 8;

/** One device's socket to all conversations of its user. */
export class InboxDevice extends Connection<InboxAttachment> {
  /** Whether it is a Socket.IO session, which relays to its client what it is told here. */
  override readonly isSession: boolean;
  /** It was told how the list stands; from then on it is told what happens. */
  isReady = true;
  /** Live frames of peers that are being caught up with. */
  readonly buffers = new Map<string, InboxServerFrame[]>();

  constructor(socket: Socket, kept: InboxAttachment, isSession = false) {
    super(socket, kept);
    this.isSession = isSession;
  }

  /** When it said that its user types to a peer; undefined: they stopped. */
  typingAtMs(peer: string): number | undefined {
    return this.kept.typing?.find(([name]) => name === peer)?.[1];
  }

  /** Remembers that its user types to a peer, or stopped. Beyond a few peers the one of the longest ago is forgotten. */
  rememberTyping(peer: string, atMs: number | undefined): void {
    if (this.isOpen && this.typingAtMs(peer) !== atMs) {
      const others = (this.kept.typing ?? []).filter(([name]) => name !== peer);
      const all = atMs === undefined ? others : [...others, [peer, atMs] as [string, number]];
      this.remember({ typing: all.slice(-maxRememberedTyping) });
    }
  }

  /** Remembers a delivery mark. Returns the mark that had to make room for it, if one had to. */
  rememberMark(peer: string, seq: number): { readonly peer: string; readonly seq: number } | undefined {
    const marks = new Map(this.kept.delivered);
    const before = marks.get(peer) ?? 0;
    marks.delete(peer);
    const [oldest] = marks.size < maxRememberedMarks ? [] : marks;
    if (oldest !== undefined) {
      marks.delete(oldest[0]);
    }
    marks.set(peer, Math.max(before, seq));
    this.remember({ delivered: [...marks] });
    return oldest && { peer: oldest[0], seq: oldest[1] };
  }
}
