import { archiveRefusal } from "../archive/archive-refusal.ts";
import { comparisonOf, type ComparedPart } from "../archive/comparison.ts";
import { ArchiveError } from "../archive/database.ts";
import type { ConversationSummary } from "../model/summary.ts";
import type { Correction } from "../archive/verify.ts";
import type { Difference, Verification } from "../protocol/verification.ts";
import { orUndefinedAfter } from "../lib/timeout.ts";
import type { Conversation } from "./conversation.ts";
import type { VerifyQuery, VerifyResult } from "../rpc/conversation.ts";
import type { ReplicationCursor } from "./replication-source.ts";
import { recordSummary } from "./sequencer.ts";

/** Messages of one part: both sides of it are in memory at once. */
export const partMessages = 500;

/** What is on its way to D1 is waited for so long; the rest is pending. */
const replicationWaitMs = 10_000;

/** A repair that finds new differences behind its own writes gives up after so many. */
const maxRepairs = 3;

/** The archive's functions for operators, bound to one conversation. All throw an ArchiveError. */
export interface VerifiedArchive {
  part(from: number, limit: number): Promise<ComparedPart>;
  correct(correction: Correction): Promise<void>;
}

/** Compares one part of the record with D1, and with `repair` archives again what differs in it. */
export async function verifyPart(
  conversation: Conversation,
  archive: VerifiedArchive,
  { from, repair }: VerifyQuery,
): Promise<VerifyResult> {
  try {
    let compared = await comparedPart(conversation, archive, from);
    const { verification } = compared;
    if (!repair) {
      return { ok: true, verification };
    }
    for (let tries = 0; tries < maxRepairs && compared.verification.differences.length > 0; tries += 1) {
      await archive.correct(compared.correction);
      if (compared.setBackTo !== undefined) {
        // What D1's cursor does not cover is the replicator's to send, all of it before the cursor moves. The record was
        // compared when the object started, so nothing is taken from an archive that is known to be wrong.
        conversation.replicator.rewindTo(compared.setBackTo);
      }
      compared = await comparedPart(conversation, archive, from);
    }
    const remaining = compared.verification.differences.length;
    if (verification.differences.length > 0) {
      conversation.platform.report("archive_repaired", { found: verification.differences.length, remaining });
    }
    return { ok: true, verification: { ...verification, remaining } };
  } catch (error) {
    if (error instanceof ArchiveError) {
      return { ok: false, refusal: archiveRefusal(error) };
    }
    throw error;
  }
}

interface Compared {
  readonly verification: Verification;
  /** What would put D1 right. */
  readonly correction: Correction;
  /** Where D1's cursor is, if that is behind what was archived. */
  readonly setBackTo: ReplicationCursor | undefined;
}

async function comparedPart(
  conversation: Conversation,
  archive: VerifiedArchive,
  from: number,
): Promise<Compared> {
  const { replicated, part } = await replicatedPart(conversation, archive, from);
  if ((part.summary?.rev ?? 0) <= conversation.sequencer.position.rev) {
    return compare(conversation, from, part, replicated);
  }
  // A record that is behind its archive was restored: it takes back what it lost before it is the measure of anything.
  conversation.replicator.invalidate();
  const again = await replicatedPart(conversation, archive, from);
  return compare(conversation, from, again.part, again.replicated);
}

/** The part as D1 has it, and what the replicator knew to be there before it was read. */
async function replicatedPart(
  conversation: Conversation,
  archive: VerifiedArchive,
  from: number,
): Promise<{ readonly replicated: ReplicationCursor; readonly part: ComparedPart }> {
  const { replicator, sequencer } = conversation;
  await orUndefinedAfter(replicationWaitMs, replicator.waitUntilReplicated(sequencer.position.rev));
  await replicator.waitUntilCompared();
  const { replicated } = replicator;
  // One row more than the part: whether anything follows it.
  return { replicated, part: await archive.part(from, partMessages + 1) };
}

/** Runs without an `await`: the record does not move between the rows it is compared by. */
function compare(
  conversation: Conversation,
  from: number,
  part: ComparedPart,
  replicated: ReplicationCursor,
): Compared {
  const { head, rev } = conversation.sequencer.position;
  const to = from + partMessages - 1;
  const stored = storedPart(conversation, from, to);
  // The summary is that of the whole conversation: it belongs to the first part.
  const archived = {
    messages: part.messages.filter(({ seq }) => seq <= to),
    summary: from === 1 ? part.summary : undefined,
  };
  const archivedRev = part.summary?.rev ?? 0;
  const covered = {
    rev: Math.max(replicated.rev, archivedRev),
    summary: isReplicated(conversation, replicated),
  };
  const { checked, pending, differences } = comparisonOf(stored, archived, covered);
  const next = head > to ? to + 1 : part.messages.find(({ seq }) => seq > to)?.seq;
  return {
    verification: {
      rev,
      archivedRev,
      checked,
      pending,
      differences: [...differences],
      ...(next !== undefined && { next }),
    },
    correction: { ...correctionOf(differences, stored, archived), nowMs: conversation.platform.now() },
    setBackTo: setBackTo(part.summary, replicated),
  };
}

function setBackTo(
  summary: ConversationSummary | undefined,
  replicated: ReplicationCursor,
): ReplicationCursor | undefined {
  if (summary === undefined) {
    return { rev: 0, read: { a: 0, b: 0 }, state: 0 };
  }
  const { rev, read, flags } = summary;
  return rev < replicated.rev ? { rev, read, state: flags.state } : undefined;
}

/** A conversation of which nobody ever heard has no summary. */
function storedPart({ store, sequencer, platform }: Conversation, from: number, to: number): ComparedPart {
  const isEmpty = sequencer.isEmpty && sequencer.state.flags.state === 0;
  const hasSummary = from === 1 && !isEmpty;
  return {
    messages: store.range(from, to),
    summary: hasSummary ? recordSummary({ sequencer, pair: platform.pair }) : undefined,
  };
}

/** Whether the record is still as it was when all of it had landed. */
function isReplicated({ sequencer }: Conversation, replicated: ReplicationCursor): boolean {
  const { read, flags } = sequencer.state;
  return (
    replicated.rev === sequencer.position.rev &&
    replicated.read.a === read.a &&
    replicated.read.b === read.b &&
    replicated.state === flags.state
  );
}

function correctionOf(
  differences: readonly Difference[],
  stored: ComparedPart,
  archived: ComparedPart,
): Omit<Correction, "nowMs"> {
  const seqs = new Set(differences.map(({ seq }) => seq));
  const isSummary = differences.some(({ seq }) => seq === undefined);
  const { summary: wrong } = archived;
  const { summary: right } = stored;
  // Forced only at the same `rev`: another one would claim, or disclaim, rows beyond this part.
  const isSameRev = wrong !== undefined && (right === undefined || right.rev === wrong.rev);
  return {
    wrong: archived.messages.filter(({ seq }) => seqs.has(seq)),
    right: stored.messages.filter(({ seq }) => seqs.has(seq)),
    ...(isSummary && isSameRev && { summary: { wrong, right } }),
  };
}
