import { render } from "preact";
import { safeStorage } from "../browser-storage.ts";
import { chatElement, mountChatPage, startPage } from "../chat-page.ts";
import { SignIn } from "./sign-in-form.tsx";
import { userIdOf } from "./user-id.ts";

/** Of this tab: another may be another user. */
const nameKey = "pairline.dev.name";

const storage = safeStorage(() => sessionStorage);

startPage(() => {
  const name = storage.getItem(nameKey);
  if (name === null) {
    render(<SignIn signIn={signInAs} />, chatElement());
  } else {
    mountFor(name);
  }
});

function mountFor(name: string): void {
  mountChatPage({
    user: userIdOf(name),
    name,
    token: () => tokenOf(name),
    peerId: userIdOf,
    onSignOut: () => {
      storage.removeItem(nameKey);
      location.assign("/");
    },
  });
}

/** Without a storage of the tab the page goes on as it is: a reload would ask for the name again. */
function signInAs(typed: string): void {
  storage.setItem(nameKey, typed.trim());
  if (storage.hasRefused) {
    mountFor(typed.trim());
  } else {
    location.reload();
  }
}

async function tokenOf(user: string): Promise<string> {
  const response = await fetch("/dev/token", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user: userIdOf(user), name: user }),
  });
  if (!response.ok) {
    throw new Error(`the sign-in answered ${response.status}`);
  }
  return ((await response.json()) as { token: string }).token;
}
