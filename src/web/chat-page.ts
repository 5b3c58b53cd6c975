import { createElement, render } from "preact";
import { mountChat, type ChatOptions } from "./chat.ts";
import { StartFailed } from "./view/start-failed.tsx";
import { peerFragment, readFragment } from "./reading/fragment.ts";

const title = document.title;

/** Fills the page with a chat. The open conversation stands in the address, so that "back" and a reload work. */
export function mountChatPage(options: Omit<ChatOptions, "url" | "peer" | "onPeer" | "onUnread">): void {
  const { peer } = readFragment(location.hash);
  const chat = mountChat(chatElement(), {
    ...options,
    ownsPage: true,
    url: location.origin,
    ...(peer !== undefined && { peer }),
    onPeer: (opened, isInstead) => showInAddress(peerFragment(opened), isInstead),
    onUnread: (messages) => {
      document.title = messages > 0 ? `(${messages}) ${title}` : title;
    },
  });
  window.addEventListener("popstate", () => chat.open(readFragment(location.hash).peer));
}

/** Safari allows 100 entries in half a minute, then it throws: the address is then that of before. */
export function showInAddress(fragment: string, isInstead: boolean): void {
  try {
    if (isInstead) {
      history.replaceState(null, "", fragment);
    } else {
      history.pushState(null, "", fragment);
    }
  } catch {
    // The conversation is open all the same.
  }
}

/** Runs what fills the page. If it throws, the page says so. */
export function startPage(start: () => void): void {
  try {
    start();
  } catch (error) {
    render(createElement(StartFailed, null), chatElement());
    reportError(error);
  }
}

export function chatElement(): HTMLElement {
  const element = document.getElementById("chat");
  if (element === null) {
    throw new Error("the page has no element of the id chat");
  }
  return element;
}
