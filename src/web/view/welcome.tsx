import { Icon } from "./icon.tsx";

export function Welcome() {
  return (
    <div class="empty">
      <span class="empty-picture">
        <Icon name="send" />
      </span>
      <h2>Your conversations</h2>
      <p>Choose one from the list, or type a name above it to begin another.</p>
    </div>
  );
}
