import type { Summary } from "../protocol/conversation-list.ts";
import type { Refusal } from "../protocol/errors.ts";
import type { InboxClientFrame, Synced } from "../protocol/inbox-frame.ts";
import type { Receipt } from "../protocol/message.ts";
import type { ServerFrame } from "../protocol/server-frame.ts";

/** What the Worker and other objects may call on a user's inbox object. */
export interface InboxRpc extends Rpc.DurableObjectBranded {
  /** The WebSocket upgrade, with the headers of `upgrade-headers.ts`. */
  fetch(request: Request): Response;
  /** Counts a new conversation of this user. Returns an error above `limit` an hour. */
  admitNewConversation(limit: number): Refusal | undefined;
  /** Takes the news of one conversation. Resolves when Socket.IO sessions, whose sockets are elsewhere, have them. */
  notify(notification: InboxNotification): Promise<NotifyResult>;
  /** Adds a Socket.IO session to the user's devices. Returns an error if there were too many in the last minute. */
  attach(sid: string, expiresAtMs: number): Refusal | undefined;
  /** Handles frames of a session in order; undefined if the inbox does not have the session. */
  handleFrames(sid: string, frames: readonly SessionFrame[]): Promise<readonly FrameResult[] | undefined>;
  /** Renews the token of a session. */
  renew(sid: string, expiresAtMs: number): Refusal | undefined;
  /** Removes a session. `delivered`: the newest message of each peer that its client received. */
  detach(sid: string, delivered: readonly (readonly [peer: string, seq: number])[]): void;
  /** Returns the user's presence, and tells the follower's inbox of changes from now on. */
  follow(follower: string): Promise<VisiblePresence>;
  /** Takes a change of a peer's presence. Returns whether a device still follows the peer. */
  updatePresence(peer: string, presence: VisiblePresence): boolean;
  isVisible(): boolean;
  setVisible(visible: boolean): Promise<Refusal | undefined>;
}

/** A frame that goes to sockets of the conversation and, with a `peer`, to those of the inbox. */
export type RelayedFrame =
  | Extract<ServerFrame, { type: "read" | "delivered" | "typing" | "reset" }>
  /** `isNew`: a new message rather than a change of one. Only Socket.IO sessions use it. */
  | (Extract<ServerFrame, { type: "message" }> & { readonly isNew?: boolean });

/**
 * News of a conversation for the inbox of one of its users. Safe to repeat: frames have numbers, everything else is
 * state.
 */
export interface InboxNotification {
  readonly peer: string;
  readonly frames: readonly RelayedFrame[];
  readonly summary: Summary;
  /** Both users have written, so each may see whether the other is online. */
  readonly bothWrote: boolean;
  /** Whether the user has a socket on the conversation itself. */
  readonly isHere: boolean;
}

export interface NotifyResult {
  /** The number of sockets and sessions of the user's inbox. */
  readonly devices: number;
  /** Whether others may see that the user is online. */
  readonly visible: boolean;
}

/** Any frame of an inbox socket except `auth`, which renews its token. */
export type UserFrame = Exclude<InboxClientFrame, { type: "auth" }>;

/** A frame of a Socket.IO client. `isPrivateDm`: it came by the event of clients that do not retry. */
export type SessionFrame =
  | Exclude<UserFrame, { type: "send" }>
  | (Extract<UserFrame, { type: "send" }> & { readonly isPrivateDm?: boolean })
  | { readonly type: "history" };

/** Returned when the effect of a frame is durable. `peer`: the user id, even if the frame had an alias. */
export type FrameResult =
  | { readonly kind: "done" }
  | { readonly kind: "sent"; readonly peer: string; readonly receipt: Receipt }
  | { readonly kind: "synced"; readonly synced: Synced }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** The presence of a user that others may see. */
export interface VisiblePresence {
  readonly online: boolean;
  /** When the user was last online, rounded down to minutes. Missing while online, and if the user never was. */
  readonly lastSeen?: number;
}
