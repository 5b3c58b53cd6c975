import { Icon } from "./icon.tsx";

/** What is shown to somebody whom no app has sent. */
export function SignInNeeded() {
  return (
    <div class="chat alone">
      <main class="empty">
        <span class="empty-picture">
          <Icon name="send" />
        </span>
        <h1>Open the chat from your app</h1>
        <p>This page needs to know who you are. Your app opens it with a token of yours.</p>
      </main>
    </div>
  );
}
