import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { isUserId } from "../addressing/user-id.ts";
import { keepInputMethodEnter } from "../composing/keys.ts";
import { userIdOf } from "./user-id.ts";

export function SignIn({ signIn }: { readonly signIn: (name: string) => void }) {
  const [name, setName] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const isUsable = isUserId(userIdOf(name));
  return (
    <div class="chat alone">
      <main class="sign-in">
        <img src="/icon.svg" alt="" width="56" height="56" />
        <h1>Pairline</h1>
        <p>Sign in as anybody. Open another tab and sign in as somebody else to write to yourself.</p>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (isUsable) {
              signIn(name);
            }
          }}
        >
          <label for="name">Your name</label>
          <input
            ref={field}
            id="name"
            name="name"
            autocomplete="username"
            dir="auto"
            placeholder="alice"
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
            onKeyDown={keepInputMethodEnter}
          />
          {name.trim() !== "" && !isUsable && (
            <p class="small">This name is too long, or cannot be a user id.</p>
          )}
          <button type="submit" class="button primary" disabled={!isUsable}>
            Sign in
          </button>
        </form>
        <p class="small">For development: a deployment has no such sign-in.</p>
      </main>
    </div>
  );
}
