import type { InboxServerFrame } from "../protocol/inbox-frame.ts";
import type { ServerFrame } from "../protocol/server-frame.ts";
import { withdrawn } from "../protocol/withdrawn.ts";

/** Puts a live frame behind those that wait while a device is being caught up; what it deletes is gone from them. */
export function bufferFrame(buffer: InboxServerFrame[], frame: InboxServerFrame): void {
  if (frame.type === "message" && frame.message.deletedAt !== undefined) {
    const { message } = frame;
    // A summary of before may show the text too; one that shows all follows.
    const others = buffer.splice(0).filter(({ type }) => type !== "summary");
    for (const waiting of others) {
      const isMessage = waiting.type === "message";
      buffer.push(isMessage ? { ...waiting, message: withdrawn(waiting.message, message) } : waiting);
    }
  }
  buffer.push(frame);
}

/** A frame of an answer without what was deleted since that was made, as far as live frames that wait behind it say so. */
export function redactDeleted(buffer: readonly InboxServerFrame[], frame: ServerFrame): ServerFrame {
  if (frame.type !== "message") {
    return frame;
  }
  const deletions = buffer.flatMap((live) =>
    live.type === "message" && live.message.deletedAt !== undefined ? [live.message] : [],
  );
  return { ...frame, message: deletions.reduce(withdrawn, frame.message) };
}

/** A frame of a conversation's own replay as the inbox socket shows it. */
export function syncedFrame(frame: ServerFrame, peer: string): InboxServerFrame {
  if (frame.type === "ready") {
    const { head, rev, read, delivered, peerOnline } = frame;
    return { type: "synced", peer, head, rev, read, delivered, peerOnline };
  }
  return { ...frame, peer };
}
