import type { Delivery } from "../../client/index.ts";

/** What a mark says to who cannot see it. */
export const markText: Readonly<Record<Delivery, string>> = {
  pending: "Waiting to be sent",
  failed: "Not sent",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
};
