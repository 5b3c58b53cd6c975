import type { SessionRun } from "./session-run.ts";
import type { Tab } from "./tab.ts";

/** What waits is sent so long after the client is open. */
const promptMs = 1_000;

/** What has not been sent although nothing has been wrong since the client opened, a second ago and more. */
export function slowViolations(run: SessionRun): string[] {
  const { isArchiveDown, session } = run;
  if (isArchiveDown || session.hasDefaultLimits) {
    return [];
  }
  return run.openTabs.filter((tab) => isUndisturbed(run, tab)).flatMap((tab) => slowOf(run, tab));
}

function isUndisturbed({ time, serverChangedAtMs }: SessionRun, { network, openSinceMs }: Tab): boolean {
  return (
    openSinceMs !== undefined &&
    time.nowMs - openSinceMs > promptMs &&
    openSinceMs > Math.max(network.changedAtMs, serverChangedAtMs)
  );
}

function slowOf({ storage, time }: SessionRun, tab: Tab): string[] {
  const dueMs = time.nowMs - promptMs;
  const own = tab.composed
    .filter(({ outcome, atMs }) => outcome === undefined && atMs < dueMs)
    .map(({ what }) => what);
  const kept = Array.from(storage.entries.values())
    .filter(({ createdAt, refused }) => createdAt < tab.startedAtMs && refused === undefined)
    .map(({ frame }) => `the ${frame.type} of an earlier page`);
  return [...own, ...kept].map((what) => `not sent within a second of "open": ${what}`);
}
