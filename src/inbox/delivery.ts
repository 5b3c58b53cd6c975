import type { Summary } from "../protocol/conversation-list.ts";
import type { ServerFrame } from "../protocol/server-frame.ts";

/** What a conversation's devices hear that those of the inbox hear too, there with a `peer`. */
export type RelayedFrame =
  | Extract<ServerFrame, { type: "read" | "delivered" | "typing" | "reset" }>
  /** `isNew`: it was sent just now, not changed; only Socket.IO sessions are told. */
  | (Extract<ServerFrame, { type: "message" }> & { readonly isNew?: boolean });

/**
 * What a conversation tells the inbox of one of its users: what is new, and how it stands after that. A repeat is
 * harmless: frames carry their numbers, the rest is state.
 */
export interface Delivery {
  readonly peer: string;
  readonly frames: readonly RelayedFrame[];
  readonly summary: Summary;
  /** Both have written, so each may see whether the other is online. */
  readonly bothWrote: boolean;
  /** Whether the user has a socket in the conversation itself. */
  readonly isHere: boolean;
}

export interface DeliveryAnswer {
  /** Sockets of the user's inbox; 0: nobody there. */
  readonly devices: number;
  /** Whether the user lets others see that they are online. */
  readonly visible: boolean;
}
