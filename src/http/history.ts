import { archiveRefusal } from "../archive/archive-refusal.ts";
import { ArchiveError } from "../archive/database.ts";
import { readPage, type ArchivePage } from "../archive/read.ts";
import { toMessage, type QuotingMessage } from "../archive/stored-message.ts";
import type { PagePart, PagePartQuery } from "../conversation/callers.ts";
import { refusal } from "../protocol/errors.ts";
import type { Pair } from "../protocol/pair.ts";
import type { Page, PageQuery } from "../protocol/rest.ts";
import { RequestRefused } from "./problem.ts";

/** Where a page comes from: the archive, and the record for what the archive lacks. */
export interface HistorySources {
  readonly pair: Pair;
  /** Throws an ArchiveError. */
  readonly archived: (query: { before: number; limit: number }) => Promise<ArchivePage>;
  readonly record: (query: PagePartQuery) => Promise<PagePart>;
}

/** The sources behind one conversation of a deployment. */
export function historySources(
  d1: D1Database,
  pair: Pair,
  key: Promise<string>,
  record: HistorySources["record"],
): HistorySources {
  return { pair, record, archived: async (query) => readPage(d1, await key, query) };
}

/** A page, and the revision up to which the archive was its source; 0 where the record had to answer for it. */
interface HistoryAnswer {
  readonly page: Page;
  readonly archivedRev: number;
}

/**
 * A page of history. The newest is the record's own; an older one is the archive's, where that is whole and as new as
 * the caller's `rev`, else completed by the record, so a reader always sees acknowledged writes and never deleted
 * text. Throws a RequestRefused: rather no page than one with a hole.
 */
export async function readHistory(
  sources: HistorySources,
  { before, limit, rev }: PageQuery,
): Promise<HistoryAnswer> {
  if (before === undefined) {
    const newest = await sources.record({ limit, archivedRev: 0 });
    return { page: pageFrom(sources, [], newest), archivedRev: 0 };
  }
  let page: ArchivePage;
  try {
    page = await sources.archived({ before, limit });
  } catch (error) {
    if (!(error instanceof ArchiveError)) {
      throw error;
    }
    return { page: await newestWithoutArchive(sources, before, limit, error), archivedRev: 0 };
  }
  const { messages, head, rev: archivedRev } = page;
  const whole = isWhole(page, before, limit);
  if (whole && rev !== undefined && rev <= archivedRev) {
    const part = { head, rev: archivedRev, from: before - messages.length, to: before - 1, messages: [] };
    return { page: pageFrom(sources, messages, part), archivedRev };
  }
  const part = await sources.record({ before, limit, archivedRev: whole ? archivedRev : 0 });
  return { page: pageFrom(sources, messages, part), archivedRev: whole ? archivedRev : 0 };
}

async function newestWithoutArchive(
  sources: HistorySources,
  before: number,
  limit: number,
  error: ArchiveError,
): Promise<Page> {
  const part = await sources.record({ before, limit, archivedRev: 0 });
  if (before > part.head) {
    return pageFrom(sources, [], part);
  }
  throw new RequestRefused(archiveRefusal(error));
}

// Numbers are contiguous for life, so a page that is not has a hole in the archive.
function isWhole(page: ArchivePage, before: number, limit: number): boolean {
  const { messages } = page;
  const contiguous = messages.every((row, index) => row.seq === before - 1 - index);
  const lowest = messages.at(-1)?.seq ?? before;
  return contiguous && (messages.length === limit || lowest === 1);
}

function pageFrom({ pair }: HistorySources, archived: readonly QuotingMessage[], part: PagePart): Page {
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
  return { messages, hasMore: messages.length > 0 && from > 1, head, rev };
}
