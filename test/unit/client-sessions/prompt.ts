import type { VirtualTime } from "../virtual-worker/virtual-time.ts";
import type { SharedStorage } from "./shared-storage.ts";
import type { Session } from "./steps.ts";
import type { Tab } from "./tab.ts";

/** The part of a run that says what may delay a send. */
interface ObservedRun {
  readonly time: VirtualTime;
  readonly storage: SharedStorage;
  readonly session: Session;
  readonly isArchiveDown: boolean;
  readonly serverChangedAtMs: number;
  readonly openTabs: readonly Tab[];
}

/** What waits is sent so long after the client is open. */
const promptMs = 1_000;

/** What has not been sent although nothing has been wrong since the client opened, a second ago and more. */
export function slowViolations(run: ObservedRun): string[] {
  const { isArchiveDown, session } = run;
  if (isArchiveDown || session.hasDefaultLimits) {
    return [];
  }
  return run.openTabs.filter((tab) => isUndisturbed(run, tab)).flatMap((tab) => slowOf(run, tab));
}

function isUndisturbed({ time, serverChangedAtMs }: ObservedRun, { network, openSinceMs }: Tab): boolean {
  return (
    openSinceMs !== undefined &&
    time.nowMs - openSinceMs > promptMs &&
    openSinceMs > Math.max(network.changedAtMs, serverChangedAtMs)
  );
}

function slowOf({ storage, time }: ObservedRun, tab: Tab): string[] {
  const dueMs = time.nowMs - promptMs;
  const own = tab.composed
    .filter(({ outcome, atMs }) => outcome === undefined && atMs < dueMs)
    .map(({ what }) => what);
  const kept = Array.from(storage.entries.values())
    .filter(({ createdAt, refused }) => createdAt < tab.startedAtMs && refused === undefined)
    .map(({ frame }) => `the ${frame.type} of an earlier page`);
  return [...own, ...kept].map((what) => `not sent within a second of "open": ${what}`);
}
