import { render } from "preact";
import { chatElement, mountChatPage } from "../chat-page.ts";
import { SignIn } from "./sign-in-form.tsx";
import { userIdOf } from "./user-id.ts";

/** Of this tab: another may be another user. */
const nameKey = "pairline.dev.name";

const name = sessionStorage.getItem(nameKey);
if (name === null) {
  render(<SignIn signIn={signInAs} />, chatElement());
} else {
  mountChatPage({
    user: userIdOf(name),
    name,
    token: () => tokenOf(name),
    peerId: userIdOf,
    onSignOut: () => {
      sessionStorage.removeItem(nameKey);
      location.assign("/");
    },
  });
}

function signInAs(typed: string): void {
  sessionStorage.setItem(nameKey, typed.trim());
  location.reload();
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
