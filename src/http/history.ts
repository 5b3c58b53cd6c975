import { archiveRefusal } from "../archive/archive-refusal.ts";
import { ArchiveError } from "../archive/database.ts";
import { readPage, type ArchivePage, type PageRange } from "../archive/read.ts";
import { toMessage, type QuotingMessage } from "../model/message.ts";
import type { PagePart, PagePartQuery } from "../conversation/callers.ts";
import { refusal } from "../protocol/errors.ts";
import type { Pair } from "../protocol/pair.ts";
import type { Page, PageQuery } from "../protocol/rest.ts";
import { RequestRefused } from "./problem.ts";

/** Where a page comes from: the archive, and the record for what the archive lacks. */
export interface HistorySources {
  readonly pair: Pair;
  /** Throws an ArchiveError. */
  readonly archived: (range: PageRange) => Promise<ArchivePage>;
  readonly record: (query: PagePartQuery) => Promise<PagePart>;
}

/** The sources behind one conversation of a deployment. */
export function historySources(
  d1: D1Database,
  pair: Pair,
  key: Promise<string>,
  record: HistorySources["record"],
): HistorySources {
  return { pair, record, archived: async (range) => readPage(d1, await key, range) };
}

/** A page, and the revision up to which the archive was its source; 0 where the record had to answer for it. */
interface HistoryAnswer {
  readonly page: Page;
  readonly archivedRev: number;
}

/**
 * A page of history. The newest is the record's own; another one is the archive's, where that is whole and as new as
 * the caller's `rev`, else completed by the record, so a reader always sees acknowledged writes and never deleted
 * text. Throws a RequestRefused: rather no page than one with a hole.
 */
export async function readHistory(
  sources: HistorySources,
  { before, after, limit, rev }: PageQuery,
): Promise<HistoryAnswer> {
  const range = rangeFrom({ before, after, limit });
  if (range === undefined) {
    const newest = await sources.record({ limit, archivedRev: 0 });
    return { page: pageFrom(sources, [], newest), archivedRev: 0 };
  }
  let archived: ArchivePage;
  try {
    archived = await sources.archived(range);
  } catch (error) {
    if (!(error instanceof ArchiveError)) {
      throw error;
    }
    return { page: await newestWithoutArchive(sources, range, error), archivedRev: 0 };
  }
  const own = archivePart(archived, range);
  const archivedRev = own === undefined ? 0 : archived.rev;
  const isNewEnough =
    own !== undefined && rev !== undefined && rev <= archivedRev && !mayEndTooSoon(own, range);
  const part = isNewEnough ? own : await recordPart(sources, range, archivedRev);
  return { page: pageFrom(sources, archived.messages, part, range), archivedRev };
}

function rangeFrom({ before, after, limit }: Omit<PageQuery, "rev">): PageRange | undefined {
  if (before !== undefined) {
    return { before, limit };
  }
  return after === undefined ? undefined : { after, limit };
}

/** Without the archive, the record answers for a page that has the newest message, or lies above it. */
async function newestWithoutArchive(
  sources: HistorySources,
  range: PageRange,
  error: ArchiveError,
): Promise<Page> {
  const part = await recordPart(sources, range, 0);
  const isNewest = "before" in range ? range.before > part.head : range.after + range.limit >= part.head;
  if (isNewest) {
    return pageFrom(sources, [], part, range);
  }
  throw new RequestRefused(archiveRefusal(error));
}

async function recordPart(sources: HistorySources, range: PageRange, archivedRev: number): Promise<PagePart> {
  const part = await sources.record({ ...range, archivedRev });
  // For minutes after a deploy, an object of the version before answers the newest page: it does not know `after`.
  if ("after" in range && part.from !== range.after + 1) {
    const message = "the conversation is being updated: ask again in a moment";
    throw new RequestRefused(refusal("archive_unavailable", { message }));
  }
  return part;
}

/** The page's part that the archive has; undefined when it has a hole. Numbers are contiguous for life. */
function archivePart({ messages, head, rev }: ArchivePage, range: PageRange): PagePart | undefined {
  const [from, to] =
    "before" in range
      ? [Math.max(1, range.before - range.limit), range.before - 1]
      : [range.after + 1, Math.min(range.after + range.limit, head)];
  const isWhole =
    messages.length === Math.max(0, to - from + 1) &&
    messages.every((row, index) => row.seq === from + index);
  return isWhole ? { head, rev, from, to, messages: [] } : undefined;
}

/** At the archive's end, only the record can tell whether a message was acknowledged since. */
function mayEndTooSoon({ to, head }: PagePart, range: PageRange): boolean {
  return "after" in range && to >= head;
}

function pageFrom(
  { pair }: HistorySources,
  archived: readonly QuotingMessage[],
  part: PagePart,
  range?: PageRange,
): Page {
  const { from, to, head, rev } = part;
  const bySeq = new Map([...archived, ...part.messages].map((row) => [row.seq, row]));
  const messages = [];
  for (let seq = from; seq <= to; seq += 1) {
    const row = bySeq.get(seq);
    if (row === undefined) {
      throw new RequestRefused(
        refusal("archive_unavailable", { message: `message ${seq} cannot be read now` }),
      );
    }
    messages.push(toMessage(row, pair));
  }
  const isForward = range !== undefined && "after" in range;
  const hasMore = messages.length > 0 && (isForward ? to < head : from > 1);
  return { messages, hasMore, head, rev };
}
