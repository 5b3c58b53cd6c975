import { Failed } from "./failed.tsx";

/** Shown if the page cannot start at all. */
export function StartFailed() {
  return (
    <div class="chat alone">
      <Failed title="The chat could not start" text="Something went wrong. What you wrote before is kept.">
        <button type="button" class="button" onClick={() => location.reload()}>
          Reload
        </button>
      </Failed>
    </div>
  );
}
