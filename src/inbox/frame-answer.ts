import type { Refusal } from "../protocol/errors.ts";
import type { Synced } from "../protocol/inbox-frame.ts";
import type { Receipt } from "../protocol/message.ts";

/** What became of a device's frame, told once that is durable. `peer`: the user id, where an alias was written. */
export type FrameAnswer =
  | { readonly kind: "done" }
  | { readonly kind: "sent"; readonly peer: string; readonly receipt: Receipt }
  | { readonly kind: "synced"; readonly synced: Synced }
  | { readonly kind: "refused"; readonly refusal: Refusal };
