import { archiveRefusal } from "../archive/archive-refusal.ts";
import { ArchiveError } from "../archive/database.ts";
import { readPage, type ArchivePage, type PageRange } from "../archive/read.ts";
import { toMessage, type QuotingMessage } from "../model/message.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import type { Message } from "../protocol/message.ts";
import type { Pair } from "../protocol/pair.ts";
import type { Page, PageQuery } from "../protocol/rest.ts";
import type { StoredPage, StoredPageQuery } from "../rpc/conversation.ts";

/** The stores of one conversation: D1, and the object for what D1 does not have yet. */
export interface HistorySources {
  readonly pair: Pair;
  /** Reads from D1. Throws an ArchiveError. */
  readonly archived: (range: PageRange) => Promise<ArchivePage>;
  /** Reads from the conversation's object. */
  readonly stored: (query: StoredPageQuery) => Promise<StoredPage>;
}

/** `archivedRev`: the page has D1's messages as of this revision. 0: the object answered without D1. */
export type HistoryResult =
  | { readonly ok: true; readonly page: Page; readonly archivedRev: number }
  | { readonly ok: false; readonly refusal: Refusal };

export function historySources(
  d1: D1Database,
  pair: Pair,
  key: Promise<string>,
  stored: HistorySources["stored"],
): HistorySources {
  return { pair, stored, archived: async (range) => readPage(d1, await key, range) };
}

/**
 * A page of history. The object answers for the newest page. Other pages come from D1 if it has all their messages and is
 * as new as the reader's `rev`; otherwise the object adds what changed since. So a reader always sees every acknowledged
 * write and never a deleted text. Returns an error rather than a page with a gap.
 */
export async function readHistory(
  sources: HistorySources,
  { before, after, limit, rev }: PageQuery,
): Promise<HistoryResult> {
  const range = rangeFrom({ before, after, limit });
  if (range === undefined) {
    const newest = await sources.stored({ limit, archivedRev: 0 });
    return pageFrom(sources, { archived: [], stored: newest, archivedRev: 0 });
  }
  let archived: ArchivePage;
  try {
    archived = await sources.archived(range);
  } catch (error) {
    if (!(error instanceof ArchiveError)) {
      throw error;
    }
    return pageWithoutArchive(sources, range, error);
  }
  const whole = wholeArchivePage(archived, range);
  const archivedRev = whole === undefined ? 0 : archived.rev;
  const isNewEnough =
    whole !== undefined && rev !== undefined && rev <= archivedRev && !mayMissNewest(whole, range);
  const stored = isNewEnough ? whole : await storedPage(sources, range, archivedRev);
  return stored === undefined
    ? beingUpdated()
    : pageFrom(sources, { archived: archived.messages, stored, archivedRev }, range);
}

function rangeFrom({ before, after, limit }: Omit<PageQuery, "rev">): PageRange | undefined {
  if (before !== undefined) {
    return { before, limit };
  }
  return after === undefined ? undefined : { after, limit };
}

/** While D1 fails, the object can answer for a page that has the newest message or lies above it. */
async function pageWithoutArchive(
  sources: HistorySources,
  range: PageRange,
  error: ArchiveError,
): Promise<HistoryResult> {
  const stored = await storedPage(sources, range, 0);
  if (stored === undefined) {
    return beingUpdated();
  }
  const isNewest = "before" in range ? range.before > stored.head : range.after + range.limit >= stored.head;
  return isNewest
    ? pageFrom(sources, { archived: [], stored, archivedRev: 0 }, range)
    : { ok: false, refusal: archiveRefusal(error) };
}

/**
 * Undefined if the object runs an older version than the Worker, for minutes after a deploy: it does not know `after` and
 * answers with the newest page.
 */
async function storedPage(
  sources: HistorySources,
  range: PageRange,
  archivedRev: number,
): Promise<StoredPage | undefined> {
  const page = await sources.stored({ ...range, archivedRev });
  return "after" in range && page.from !== range.after + 1 ? undefined : page;
}

function beingUpdated(): HistoryResult {
  const message = "the conversation is being updated: ask again in a moment";
  return { ok: false, refusal: refusal("archive_unavailable", { message }) };
}

/** D1's page if it has no gap, else undefined. Sequence numbers have none. */
function wholeArchivePage({ messages, head, rev }: ArchivePage, range: PageRange): StoredPage | undefined {
  const [from, to] =
    "before" in range
      ? [Math.max(1, range.before - range.limit), range.before - 1]
      : [range.after + 1, Math.min(range.after + range.limit, head)];
  const isWhole =
    messages.length === Math.max(0, to - from + 1) &&
    messages.every((row, index) => row.seq === from + index);
  return isWhole ? { head, rev, from, to, messages: [] } : undefined;
}

/** At D1's newest message, only the object knows whether another one was acknowledged since. */
function mayMissNewest({ to, head }: StoredPage, range: PageRange): boolean {
  return "after" in range && to >= head;
}

interface PageParts {
  readonly archived: readonly QuotingMessage[];
  readonly stored: StoredPage;
  readonly archivedRev: number;
}

function pageFrom(
  { pair }: HistorySources,
  { archived, stored, archivedRev }: PageParts,
  range?: PageRange,
): HistoryResult {
  const { from, to, head, rev } = stored;
  const bySeq = new Map([...archived, ...stored.messages].map((row) => [row.seq, row]));
  const messages: Message[] = [];
  for (let seq = from; seq <= to; seq += 1) {
    const row = bySeq.get(seq);
    if (row === undefined) {
      const message = `message ${seq} cannot be read now`;
      return { ok: false, refusal: refusal("archive_unavailable", { message }) };
    }
    messages.push(toMessage(row, pair));
  }
  const isForward = range !== undefined && "after" in range;
  const hasMore = messages.length > 0 && (isForward ? to < head : from > 1);
  return { ok: true, page: { messages, hasMore, head, rev }, archivedRev };
}
