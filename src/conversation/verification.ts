import { archiveRefusal } from "../archive/archive-refusal.ts";
import { comparisonOf, type ComparedPart } from "../archive/comparison.ts";
import { ArchiveError } from "../archive/database.ts";
import type { ConversationSummary } from "../model/summary.ts";
import type { Correction } from "../archive/verify.ts";
import type { Difference, Verification } from "../protocol/verification.ts";
import { within } from "../sockets/within.ts";
import type { Landed } from "./archiver-ports.ts";
import type { Room } from "./room.ts";
import { recordSummary } from "./summary.ts";
import type { VerifyQuery, VerifyResult } from "../rpc/conversation.ts";

/** Messages of one part: both sides of it are in memory at once. */
export const partMessages = 500;

/** What is on its way to D1 is waited for so long; the rest is pending. */
const settledWaitMs = 10_000;

/** A repair that finds new differences behind its own writes gives up after so many. */
const maxRepairs = 3;

/** The archive's functions for operators, bound to one conversation. All throw an ArchiveError. */
export interface VerifiedArchive {
  part(from: number, limit: number): Promise<ComparedPart>;
  correct(correction: Correction): Promise<void>;
}

/** Compares one part of the record with D1, and with `repair` archives again what differs in it. */
export async function verifyPart(
  room: Room,
  archive: VerifiedArchive,
  { from, repair }: VerifyQuery,
): Promise<VerifyResult> {
  try {
    let compared = await comparedPart(room, archive, from);
    const { verification } = compared;
    if (!repair) {
      return { ok: true, verification };
    }
    for (let tries = 0; tries < maxRepairs && compared.verification.differences.length > 0; tries += 1) {
      await archive.correct(compared.correction);
      if (compared.setBackTo !== undefined) {
        // What D1's cursor does not cover is the archiver's to send, all of it before the cursor moves. The record was
        // compared when the object started, so nothing is taken from an archive that is known to be wrong.
        room.archiver.sendAgain(compared.setBackTo);
      }
      compared = await comparedPart(room, archive, from);
    }
    const remaining = compared.verification.differences.length;
    if (verification.differences.length > 0) {
      room.ports.report("archive_repaired", { found: verification.differences.length, remaining });
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
  readonly setBackTo: Landed | undefined;
}

async function comparedPart(room: Room, archive: VerifiedArchive, from: number): Promise<Compared> {
  const { landed, part } = await settledPart(room, archive, from);
  if ((part.summary?.rev ?? 0) <= room.line.position.rev) {
    return compare(room, from, part, landed);
  }
  // A record that is behind its archive was restored: it takes back what it lost before it is the measure of anything.
  room.archiver.doubt();
  const again = await settledPart(room, archive, from);
  return compare(room, from, again.part, again.landed);
}

/** The part as D1 has it, and what the archiver knew to be there before it was read. */
async function settledPart(
  room: Room,
  archive: VerifiedArchive,
  from: number,
): Promise<{ readonly landed: Landed; readonly part: ComparedPart }> {
  const { archiver, line } = room;
  await within(settledWaitMs, archiver.settled(line.position.rev));
  await archiver.compared();
  const { landed } = archiver;
  // One row more than the part: whether anything follows it.
  return { landed, part: await archive.part(from, partMessages + 1) };
}

/** Runs without an `await`: the record does not move between the rows it is compared by. */
function compare(room: Room, from: number, part: ComparedPart, landed: Landed): Compared {
  const { head, rev } = room.line.position;
  const to = from + partMessages - 1;
  const record = recordPart(room, from, to);
  // The summary is that of the whole conversation: it belongs to the first part.
  const archived = {
    messages: part.messages.filter(({ seq }) => seq <= to),
    summary: from === 1 ? part.summary : undefined,
  };
  const archivedRev = part.summary?.rev ?? 0;
  const covered = { rev: Math.max(landed.rev, archivedRev), summary: hasLanded(room, landed) };
  const { checked, pending, differences } = comparisonOf(record, archived, covered);
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
    correction: { ...correctionOf(differences, record, archived), nowMs: room.ports.now() },
    setBackTo: setBackTo(part.summary, landed),
  };
}

function setBackTo(summary: ConversationSummary | undefined, landed: Landed): Landed | undefined {
  if (summary === undefined) {
    return { rev: 0, read: { a: 0, b: 0 }, state: 0 };
  }
  const { rev, read, flags } = summary;
  return rev < landed.rev ? { rev, read, state: flags.state } : undefined;
}

/** A conversation of which nobody ever heard has no summary. */
function recordPart({ log, line, ports }: Room, from: number, to: number): ComparedPart {
  const isEmpty = line.isEmpty && line.state.flags.state === 0;
  const hasSummary = from === 1 && !isEmpty;
  return {
    messages: log.range(from, to),
    summary: hasSummary ? recordSummary({ line, pair: ports.pair }) : undefined,
  };
}

/** Whether the record is still as it was when all of it had landed. */
function hasLanded({ line }: Room, landed: Landed): boolean {
  const { read, flags } = line.state;
  return (
    landed.rev === line.position.rev &&
    landed.read.a === read.a &&
    landed.read.b === read.b &&
    landed.state === flags.state
  );
}

function correctionOf(
  differences: readonly Difference[],
  record: ComparedPart,
  archived: ComparedPart,
): Omit<Correction, "nowMs"> {
  const seqs = new Set(differences.map(({ seq }) => seq));
  const isSummary = differences.some(({ seq }) => seq === undefined);
  const { summary: wrong } = archived;
  const { summary: right } = record;
  // Forced only at the same `rev`: another one would claim, or disclaim, rows beyond this part.
  const isSameRev = wrong !== undefined && (right === undefined || right.rev === wrong.rev);
  return {
    wrong: archived.messages.filter(({ seq }) => seqs.has(seq)),
    right: record.messages.filter(({ seq }) => seqs.has(seq)),
    ...(isSummary && isSameRev && { summary: { wrong, right } }),
  };
}
