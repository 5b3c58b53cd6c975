import { mountChat, type ChatOptions } from "./chat.ts";
import { peerFragment, readFragment } from "./reading/fragment.ts";

const title = document.title;

/** Fills the page with a chat. The open conversation stands in the address, so that "back" and a reload work. */
export function mountChatPage(options: Omit<ChatOptions, "url" | "peer" | "onPeer" | "onUnread">): void {
  const { peer } = readFragment(location.hash);
  const chat = mountChat(chatElement(), {
    ...options,
    url: location.origin,
    ...(peer !== undefined && { peer }),
    onPeer: (opened) => history.pushState(null, "", peerFragment(opened)),
    onUnread: (messages) => {
      document.title = messages > 0 ? `(${messages}) ${title}` : title;
    },
  });
  window.addEventListener("popstate", () => chat.open(readFragment(location.hash).peer));
}

export function chatElement(): HTMLElement {
  const element = document.getElementById("chat");
  if (element === null) {
    throw new Error("the page has no element of the id chat");
  }
  return element;
}
