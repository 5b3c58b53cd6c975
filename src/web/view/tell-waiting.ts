import type { ChatContext } from "./chat-context.ts";

/** A change of a message shows nothing until the server has taken it: says so if that has to wait. */
export function tellWaiting({ client, notify }: Pick<ChatContext, "client" | "notify">): void {
  // The browser knows at once that the network is away; the socket's end is noticed later.
  if (!navigator.onLine || client.connection.value.state !== "open") {
    notify("There is no connection. This is done when there is one again.");
  }
}
