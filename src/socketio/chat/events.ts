import type { Refusal } from "../../protocol/errors.ts";
import type { InboxServerFrame } from "../../protocol/inbox-frame.ts";
import type { Message } from "../../protocol/message.ts";
import { toNumericId } from "../../protocol/numeric-id.ts";
import type { PrivateDmEvent } from "../../protocol/socket-io-events.ts";
import type { FrameResult } from "../../rpc/inbox.ts";

/** What an inbox tells a session: a frame, a new message with a sign that it is one. */
export type PushedFrame = InboxServerFrame & { readonly isNew?: boolean };

/** An event's name and argument. */
export type ServerEvent = readonly [name: string, value: object];

/** A frame as an event of Pairline's own vocabulary. */
export function eventOf(frame: PushedFrame): ServerEvent {
  const { type, ...value } = frame;
  return [type, { ...value, isNew: undefined }];
}

/** A new message as the replaced app's clients get it. */
export function privateDmOf(message: Message, user: string, peer: string): PrivateDmEvent {
  const { author, text, seq, rev, id, createdAt } = message;
  return {
    content: text,
    receiver_id: toNumericId(author === user ? peer : user),
    sender_id: toNumericId(author),
    seq,
    rev,
    id,
    created_at: new Date(createdAt).toISOString(),
  };
}

/** What acknowledges an event of Pairline's own vocabulary. */
export function acknowledgementOf(answer: FrameResult): object {
  if (answer.kind === "refused") {
    return failure(answer.refusal);
  }
  if (answer.kind === "sent") {
    return { ok: true, ...answer.receipt };
  }
  if (answer.kind === "synced") {
    const { head, rev, read, delivered, peerOnline } = answer.synced;
    return { ok: true, head, rev, read, delivered, peerOnline };
  }
  return { ok: true };
}

export function failure(reason: Refusal): object {
  return { ok: false, ...reason };
}
