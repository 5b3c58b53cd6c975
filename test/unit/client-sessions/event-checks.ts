import type { Message } from "../../../src/client/api.ts";
import type { SessionRun } from "./session-run.ts";
import type { Tab } from "./tab.ts";

/** A client gives up what it missed of a conversation after so many failures, not before. */
const leastFailures = 5;

/**
 * What `on("message")` promises (CL16): a client that lives reports every message that is stored after it was open for
 * the first time, once and in order, however often its socket ends and whoever writes: also somebody new, and
 * conversations beyond the first page of the list. What was there before is no new message. A client without a list
 * (the archive did not answer when it opened) cannot know what it missed while it was away, and a `reset` begins anew.
 */
export function eventViolations(
  run: SessionRun,
  tab: Tab,
  truth: ReadonlyMap<string, readonly Message[]>,
): string[] {
  return Array.from(truth).flatMap(([peer, messages]) => {
    const events = tab.events.flatMap(({ event }) => (event.peer === peer ? [event] : []));
    const reported = events.filter(({ isNew }) => isNew).map(({ message }) => message.seq);
    const forms = events.map(({ message }) => `${message.seq} at ${message.rev}`);
    const early = events.filter(({ message, isNew }) => isNew && message.createdAt < tab.startedAtMs - 100);
    const holds: readonly (readonly [string, boolean])[] = [
      ["in order", reported.every((seq, index) => index === 0 || seq > (reported[index - 1] ?? 0))],
      ["each once", new Set(forms).size === forms.length],
      ["only what is new", early.length === 0],
      ["without a needless reset", !tab.resets.has(peer) || tab.network.failedRequests >= leastFailures],
    ];
    const missing = isComplete(run, tab, peer) ? missingOf(tab, messages, reported) : [];
    const stale = isComplete(run, tab, peer) ? staleOf(messages, events) : [];
    return [
      ...holds
        .filter(([, isTrue]) => !isTrue)
        .map(([rule]) => `events of ${peer} are not ${rule}: ${forms.join(", ")}`),
      ...missing.map((seq) => `message ${seq} of ${peer} is never reported: ${reported.join(", ")}`),
      ...stale.map((seq) => `the last change of message ${seq} of ${peer} is never reported`),
    ];
  });
}

function isComplete(_run: SessionRun, tab: Tab, peer: string): boolean {
  return tab.isHere && tab.firstOpenAtMs !== undefined && tab.hadList && !tab.resets.has(peer);
}

function missingOf(tab: Tab, messages: readonly Message[], reported: readonly number[]): number[] {
  const seen = new Set(reported);
  return messages
    .filter(({ seq, createdAt }) => createdAt > (tab.firstOpenAtMs ?? Infinity) && !seen.has(seq))
    .map(({ seq }) => seq);
}

function staleOf(messages: readonly Message[], events: readonly { readonly message: Message }[]): number[] {
  const lastRevs = new Map(events.map(({ message }) => [message.seq, message.rev]));
  return messages.filter(({ seq, rev }) => (lastRevs.get(seq) ?? rev) !== rev).map(({ seq }) => seq);
}
