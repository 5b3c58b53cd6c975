import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Message, Receipt } from "../../src/protocol/message.ts";
import { conversationKey } from "../../src/archive/conversation-key.ts";
import { conversationName, pairFromName } from "../../src/protocol/pair.ts";
import type { Verification } from "../../src/protocol/verification.ts";
import type { ProvenConversation } from "./conversation.ts";
import type { Counters } from "./counters.ts";
import type { ProvenDevice } from "./device.ts";
import type { Ledger } from "./ledger.ts";
import { loadPages, verified } from "./rest.ts";
import type { ArchivedRow, ProvenWorker } from "./worker.ts";

/** How a conversation ended, and in words the first of what was wrong. */
export interface Checked {
  readonly counters: Counters;
  readonly messages: number;
  /** Pages of history that somebody read meanwhile. */
  readonly pages: number;
  readonly findings: readonly string[];
}

/** Lets what is under way end, and holds what everyone was told against the record, and the record against D1. */
export async function check(
  worker: ProvenWorker,
  conversation: ProvenConversation,
  patienceMs: number,
): Promise<Checked> {
  conversation.quieten();
  const endMs = Date.now() + patienceMs;
  const { pages } = conversation.ledger;
  const isSettled = await until(() => isQuiet(conversation.devices), endMs);
  const verification = await caughtUp(worker, conversation.users, endMs);
  const rev = Math.max(0, ...conversation.devices.map(({ cursor }) => cursor));
  const record = await loadPages(conversation.address(), isSettled ? rev : 0);
  await Promise.all(conversation.devices.map((device) => device.loaded()));
  const archived = await worker.archived(await conversationKey(conversationName(...conversation.users)));
  await conversation.end();
  return { ...compared(conversation, { record, archived, isSettled, verification }), pages };
}

interface Ending {
  readonly record: readonly Message[];
  readonly archived: readonly ArchivedRow[];
  readonly isSettled: boolean;
  readonly verification: Verification | undefined;
}

function compared(conversation: ProvenConversation, ending: Ending): Omit<Checked, "pages"> {
  const { ledger, devices } = conversation;
  const { record, isSettled } = ending;
  const recorded = new Map(record.map((message) => [message.seq, message]));
  const isMissing = ({ id, seq }: Receipt) => recorded.get(seq)?.id !== id;
  const found = {
    acknowledgedMissing: [...ledger.acknowledged.values()].filter(isMissing).map(({ seq }) => `ack ${seq}`),
    deliveredMissing: [...ledger.delivered.values()].filter(isMissing).map(({ seq }) => `message ${seq}`),
    duplicates: [...ledger.doubled, ...twice(record.map(({ id }) => id))],
    orderDifferences: [
      ...ledger.outOfOrder,
      ...devices.flatMap((device) => differences(device, record)),
      ...fallingTimes(record),
    ],
    contentDifferences: contentDifferences(ledger, recorded),
    archiveDifferences: archiveDifferences(conversation, ending),
    refusals: ledger.refusals,
    unsettled: [
      ...(isSettled ? [] : ["the clients did not come to rest"]),
      ...[...ledger.sent.keys()]
        .filter((id) => !record.some((message) => message.id === id))
        .map(() => "a lost send"),
    ],
  };
  return {
    counters: Object.fromEntries(
      Object.entries(found).map(([name, list]) => [name, list.length]),
    ) as Counters,
    messages: record.length,
    findings: Object.entries(found).flatMap(([name, list]) =>
      list.slice(0, 3).map((what) => `${name}: ${what}`),
    ),
  };
}

/** Where a device shows another message than the record has, or none, or one more. */
function differences(device: ProvenDevice, record: readonly Message[]): string[] {
  const wrong = record
    .filter(({ seq, id }) => device.log.get(seq)?.id !== id)
    .map(({ seq }) => `a device differs at ${seq}`);
  return device.log.size > record.length ? [...wrong, "a device has more than there is"] : wrong;
}

/** Where the record is not what was written, or something was told or shown of a message that the record does not say. */
function contentDifferences(ledger: Ledger, recorded: ReadonlyMap<number, Message>): string[] {
  const rewritten = [...recorded.values()].filter(
    ({ id, author, text }) => !isDeepStrictEqual(ledger.sent.get(id), { author, text }),
  );
  const isOther = (told: Receipt) => {
    const message = recorded.get(told.seq);
    return message?.id === told.id && !isDeepStrictEqual({ ...message, ...told }, message);
  };
  return [
    ...rewritten.map(({ seq }) => `message ${seq} is not what was written`),
    ...[...ledger.acknowledged.values()].filter(isOther).map(({ seq }) => `ack ${seq} says otherwise`),
    ...[...ledger.delivered.values()].filter(isOther).map(({ seq }) => `message ${seq} was shown otherwise`),
  ];
}

function fallingTimes(record: readonly Message[]): string[] {
  return record
    .filter(({ createdAt }, index) => createdAt < (record[index - 1]?.createdAt ?? 0))
    .map(({ seq }) => `the time of message ${seq} falls`);
}

function archiveDifferences({ users }: ProvenConversation, ending: Ending): string[] {
  const { record, archived, verification } = ending;
  const pair = pairFromName(conversationName(...users));
  const rows = new Map(archived.map((row) => [row.seq, row]));
  const wrong = record
    .filter(({ seq, id, rev, text, author, createdAt }) => {
      const row = rows.get(seq);
      const isSame = row?.id === id && row.rev === rev && row.text === text && row.createdAt === createdAt;
      return !isSame || pair[row.author] !== author;
    })
    .map(({ seq }) => `D1 differs at ${seq}`);
  const extra = archived.length > record.length ? ["D1 has more than there is"] : [];
  const found = (verification?.differences ?? []).map(
    ({ seq, kind }) => `the comparison finds ${seq ?? "the summary"}: ${kind}`,
  );
  const unsure = verification === undefined || verification.pending > 0 ? ["D1 did not catch up"] : [];
  return [...wrong, ...extra, ...found, ...unsure];
}

function twice(ids: readonly string[]): string[] {
  return ids.length === new Set(ids).size
    ? []
    : ids.filter((id, index) => ids.indexOf(id) !== index).map(() => "an id is stored twice");
}

function isQuiet(devices: readonly ProvenDevice[]): boolean {
  const cursors = new Set(devices.map(({ cursor }) => cursor));
  return (
    cursors.size === 1 && devices.every(({ isReady, unacknowledged }) => isReady && unacknowledged === 0)
  );
}

/** Waits for the archive to have everything. */
async function caughtUp(worker: ProvenWorker, users: readonly [string, string], endMs: number) {
  let found = await verified(worker, users);
  while (found === undefined || found.pending > 0 || found.archivedRev < found.rev) {
    if (Date.now() > endMs) {
      return found;
    }
    await wait(200);
    found = await verified(worker, users);
  }
  return found;
}

async function until(isTrue: () => boolean, endMs: number): Promise<boolean> {
  // Twice in a row: an acknowledgement and the message that follows it elsewhere are two frames.
  for (let times = 0; times < 2; times = isTrue() ? times + 1 : 0) {
    if (Date.now() > endMs) {
      return false;
    }
    await wait(100);
  }
  return true;
}
