import type { ComponentChildren } from "preact";
import { Icon } from "./icon.tsx";

interface FailedProperties {
  readonly title: string;
  readonly text: string;
  readonly children?: ComponentChildren;
}

/** A sentence in the place of what cannot be shown, and what the user can do. */
export function Failed({ title, text, children }: FailedProperties) {
  return (
    <div class="empty" role="alert">
      <span class="empty-picture">
        <Icon name="warning" />
      </span>
      <h2>{title}</h2>
      <p>{text}</p>
      <div class="empty-buttons">{children}</div>
    </div>
  );
}

/** For a fault of the page itself. What was typed is in the storage already. */
export function BrokenPart({
  retry,
  children,
}: {
  readonly retry: () => void;
  readonly children?: ComponentChildren;
}) {
  return (
    <Failed title="This part cannot be shown" text="Something went wrong here. What you wrote is kept.">
      <button type="button" class="button" onClick={retry}>
        Try again
      </button>
      {children}
    </Failed>
  );
}
