import { render } from "preact";
import { chatElement, mountChatPage } from "./chat-page.ts";
import { peerFragment, readFragment } from "./reading/fragment.ts";
import { SignInNeeded } from "./view/sign-in-needed.tsx";

/** For this tab alone, and no longer than it: a reload shall not sign out. */
const tokenKey = "pairline.token";
const userKey = "pairline.user";

const { token, user, peer } = readFragment(location.hash);
if (token !== undefined) {
  sessionStorage.setItem(tokenKey, token);
  sessionStorage.removeItem(userKey);
  if (user !== undefined) {
    sessionStorage.setItem(userKey, user);
  }
  // Out of the address bar before anybody can copy it, and out of the history.
  history.replaceState(null, "", peerFragment(peer));
}

const kept = sessionStorage.getItem(tokenKey);
if (kept === null) {
  render(<SignInNeeded />, chatElement());
} else {
  const keptUser = sessionStorage.getItem(userKey);
  mountChatPage({ token: () => Promise.resolve(kept), ...(keptUser !== null && { user: keptUser }) });
}
