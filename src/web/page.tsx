import { render } from "preact";
import { safeStorage } from "./browser-storage.ts";
import { chatElement, mountChatPage, showInAddress, startPage } from "./chat-page.ts";
import { peerFragment, readFragment } from "./reading/fragment.ts";
import { tokenName } from "./reading/token-name.ts";
import { SignInNeeded } from "./view/sign-in-needed.tsx";

/** For this tab alone, and no longer than it: a reload shall not sign out. */
const tokenKey = "pairline.token";
const userKey = "pairline.user";

startPage(() => {
  const storage = safeStorage(() => sessionStorage);
  const { token, user, peer } = readFragment(location.hash);
  if (token !== undefined) {
    storage.setItem(tokenKey, token);
    storage.removeItem(userKey);
    if (user !== undefined) {
      storage.setItem(userKey, user);
    }
    // Out of the address bar before anybody can copy it, and out of the history.
    showInAddress(peerFragment(peer), true);
  }
  // A fresh link in the same tab only changes the fragment.
  window.addEventListener("hashchange", () => {
    if (readFragment(location.hash).token !== undefined) {
      location.reload();
    }
  });
  const kept = storage.getItem(tokenKey);
  if (kept === null) {
    render(<SignInNeeded />, chatElement());
    return;
  }
  const keptUser = storage.getItem(userKey);
  const name = tokenName(kept);
  mountChatPage({
    token: () => Promise.resolve(kept),
    isTokenFixed: true,
    ...(keptUser !== null && { user: keptUser }),
    ...(name !== undefined && { name }),
  });
});
