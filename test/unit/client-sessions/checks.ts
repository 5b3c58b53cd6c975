import { isDeepStrictEqual } from "node:util";
import type { Message } from "../../../src/client/api.ts";
import { eventViolations } from "./event-checks.ts";
import { peers, user } from "./pasts.ts";
import type { SessionRun } from "./session-run.ts";
import type { Composed, Tab } from "./tab.ts";

/** All messages of each conversation, as the server has them. */
export type Truth = ReadonlyMap<string, readonly Message[]>;

/** What does not hold once everything has come to rest. */
export async function violationsAtRest(run: SessionRun): Promise<string[]> {
  const truth = new Map<string, readonly Message[]>();
  for (const peer of peers) {
    truth.set(peer, await run.time.until(run.phone.history(peer)));
  }
  const list = await run.time.until(run.phone.request("GET", "/v1/conversations?limit=100"));
  return [
    ...run.pages.flatMap(promiseViolations),
    ...storageViolations(run),
    ...run.pages.flatMap((tab) =>
      tab.composed.flatMap((composed) => composedViolations(run, tab, composed, truth)),
    ),
    ...run.pages.flatMap((tab) => orderViolations(run, tab, truth)),
    ...run.pages.flatMap((tab) => eventViolations(run, tab, truth)),
    ...run.openTabs.flatMap((tab) => stateViolations(tab, truth)),
    ...run.openTabs.flatMap((tab) => listViolations(run, tab, list as ListPage)),
    ...run.pages.flatMap((tab) => endViolations(run, tab)),
  ];
}

function promiseViolations(tab: Tab): string[] {
  return tab.end === "reloaded"
    ? []
    : [...tab.composed, ...tab.asked]
        .filter(({ outcome }) => outcome === undefined)
        .map(({ what }) => `a promise never settles: ${what}`);
}

function storageViolations({ storage }: SessionRun): string[] {
  return Array.from(storage.entries.values())
    .filter(({ refused }) => refused === undefined)
    .map(({ frame, peer }) => `the storage keeps a ${frame.type} to ${peer} for ever`);
}

function composedViolations(run: SessionRun, tab: Tab, composed: Composed, truth: Truth): string[] {
  return composed.kind === "send"
    ? sendViolations(run, tab, composed, truth)
    : composed.kind === "edit"
      ? editViolations(run, tab, composed)
      : [];
}

function sendViolations(
  { storage }: SessionRun,
  tab: Tab,
  { peer, text, outcome, sentSeq }: Composed,
  truth: Truth,
): string[] {
  const kept = Array.from(storage.everKept.values()).find(
    ({ frame }) => "text" in frame && frame.text === text,
  );
  const there = (truth.get(peer) ?? []).filter(
    (message) => message.text === text || (kept !== undefined && message.id === kept.id),
  );
  const isRefused = tab.refused.some(({ id }) => id === kept?.id) || kept?.refused !== undefined;
  const isDue = outcome === "resolved" || (kept !== undefined && !isRefused);
  const holds: readonly (readonly [string, boolean])[] = [
    ["it is sent twice", there.length <= 1],
    ["it is sent or rejected", there.length === 1 || !isDue],
    ["it is not both sent and refused", there.length === 0 || !isRefused],
    ["it has the number that it was given", sentSeq === undefined || there[0]?.seq === sentSeq],
    [`nothing rejects it: ${outcome}`, ["resolved", "closed", undefined].includes(outcome)],
  ];
  return failed(`send "${text}" to ${peer}`, holds);
}

/** An edit never replaces another's text that its user had not seen, and is superseded by nothing else. */
function editViolations(
  run: SessionRun,
  tab: Tab,
  { peer, seq, text, shownRev, outcome }: Composed,
): string[] {
  const own = new Set(tab.composed.map((composed) => composed.text));
  const forms = Array.from(run.forms.get(peer)?.values() ?? [])
    .filter((form) => form.seq === seq)
    .toSorted((one, other) => one.rev - other.rev);
  const editedAtRev = forms.find((form) => form.text === text)?.rev;
  const foreign = forms.filter(
    (form, index) =>
      form.rev > shownRev && form.editedAt !== forms[index - 1]?.editedAt && !own.has(form.text),
  );
  const overwritten = foreign.find(({ rev }) => editedAtRev !== undefined && rev < editedAtRev);
  // A conversation that dies may take what it had to tell with it.
  const isPartOfItLost = run.serverChangedAtMs > 0;
  return failed(`edit "${text}" of message ${seq} to ${peer}, shown at ${shownRev}`, [
    [`it leaves the unseen "${overwritten?.text}" in place`, overwritten === undefined],
    ["something unseen supersedes it", outcome !== "superseded" || foreign.length > 0 || isPartOfItLost],
    ["what was resolved was stored", outcome !== "resolved" || editedAtRev !== undefined || isPartOfItLost],
  ]);
}

function orderViolations({ storage }: SessionRun, tab: Tab, truth: Truth): string[] {
  const ids = new Map(
    Array.from(storage.everKept.values(), ({ id, frame }) => ["text" in frame ? frame.text : "", id]),
  );
  return peers.flatMap((peer) => {
    const sent = tab.composed.filter((composed) => composed.kind === "send" && composed.peer === peer);
    const seqs = sent.flatMap(({ text }) => {
      const found = truth.get(peer)?.find((message) => message.id === ids.get(text));
      return found === undefined ? [] : [found.seq];
    });
    const isOrdered = seqs.every((seq, index) => index === 0 || seq > (seqs[index - 1] ?? 0));
    return isOrdered ? [] : [`sends to ${peer} were composed in another order than ${seqs.join(", ")}`];
  });
}

/** The pages show what the server has. */
function stateViolations(tab: Tab, truth: Truth): string[] {
  return tab.touched.flatMap((peer) => {
    const messages = truth.get(peer) ?? [];
    const shown = tab.shown(peer);
    const { status } = tab.conversation(peer);
    const { isLive, head } = status.value;
    const oldest = shown[0]?.seq ?? 0;
    return failed(`the conversation with ${peer}`, [
      [
        "its messages are the server's",
        isDeepStrictEqual(shown, shown.length === 0 ? [] : messages.slice(oldest - 1)),
      ],
      ["it is live where somebody looks", isLive || !tab.isLooking(peer)],
      [`its head ${head} is ${messages.length}`, head === messages.length || !tab.isLooking(peer)],
    ]);
  });
}

interface ListPage {
  readonly unread: { readonly messages: number; readonly conversations: number };
  readonly conversations: readonly {
    readonly peer: string;
    readonly last?: { readonly createdAt: number };
    readonly profile?: unknown;
  }[];
}

function listViolations(
  { wasArchiveDown }: SessionRun,
  { client, startedAtMs }: Tab,
  list: ListPage,
): string[] {
  const hasMoved = ({ last }: ListPage["conversations"][number]) => (last?.createdAt ?? 0) > startedAtMs;
  const shown = new Map(client.conversations.value.map((summary) => [summary.peer, summary]));
  const differing = list.conversations.flatMap(({ profile: _profile, ...summary }) => {
    const known = shown.get(summary.peer);
    if (known === undefined) {
      const isBeyond = client.conversations.hasMore && !hasMoved(summary);
      return isBeyond ? [] : [`the list lacks ${summary.peer}`];
    }
    const { profile: _name, peerOnline: _online, lastSeenMs: _seen, ...held } = known;
    return isDeepStrictEqual(held, summary)
      ? []
      : [`the list differs for ${summary.peer}: ${JSON.stringify(held)} is ${JSON.stringify(summary)}`];
  });
  const { messages, conversations } = client.conversations.unread;
  const isCounted = messages === list.unread.messages && conversations === list.unread.conversations;
  // What the server counted beyond the list while D1 was written to is corrected when the client counts again.
  return isCounted || client.conversations.hasMore || wasArchiveDown
    ? differing
    : [...differing, `unread ${messages} in ${conversations} is ${JSON.stringify(list.unread)}`];
}

function endViolations({ session }: SessionRun, tab: Tab): string[] {
  return failed(`a page that was opened at ${tab.startedAtMs}`, [
    ["it is connected", !tab.isHere || tab.client.connection.value.state === "open"],
    ["no timer is left after close()", tab.end !== "left" || tab.life.timers === 0],
    [`nothing else went wrong: ${tab.troubles[0]}`, session.hasDefaultLimits || tab.troubles.length === 0],
    ["it knows who its user is", tab.client.you === undefined || tab.client.you === user],
  ]);
}

function failed(what: string, holds: readonly (readonly [string, boolean])[]): string[] {
  return holds.filter(([, isTrue]) => !isTrue).map(([rule]) => `${what}: not so: ${rule}`);
}
