import { getTableColumns } from "drizzle-orm";
import type { Difference } from "../protocol/verification.ts";
import { canonicalJson } from "../lib/canonical-json.ts";
import { previewOf } from "../protocol/preview.ts";
import { messages } from "./schema.ts";
import { messageValues, type StoredMessage } from "../model/message.ts";
import type { ConversationSummary } from "../model/summary.ts";

/** A stretch of messages and the summary over all of them, as one of the two stores has them. */
export interface ComparedPart {
  readonly messages: readonly StoredMessage[];
  readonly summary: ConversationSummary | undefined;
}

/** What D1 must have: every row whose `rev` is not above `rev`, and the summary as it is now where that has not moved. */
export interface Covered {
  readonly rev: number;
  readonly summary: boolean;
}

/** How the two stand to each other. */
export interface Comparison {
  readonly checked: number;
  readonly pending: number;
  readonly differences: readonly Difference[];
}

type Verdict = Difference | "same" | "pending";

const columnNames = Object.keys(getTableColumns(messages)).filter((name) => name !== "conversation");

/** Compares the archive's rows with the record's, row by row. */
export function comparisonOf(record: ComparedPart, archive: ComparedPart, covered: Covered): Comparison {
  const archived = new Map(archive.messages.map((row) => [row.seq, row]));
  const own = new Set(record.messages.map(({ seq }) => seq));
  const ofMessages = record.messages.map((row) =>
    messageVerdict(row, archived.get(row.seq), row.rev <= covered.rev),
  );
  const extra = archive.messages.filter(({ seq }) => !own.has(seq)).map(({ seq }) => extraRow(seq));
  const ofSummary = summaryVerdict(record.summary, archive.summary, covered.summary);
  const bySeq = [...ofMessages, ...extra].toSorted((one, other) => seqOf(one) - seqOf(other));
  const verdicts = [ofSummary, ...bySeq];
  return {
    checked: ofMessages.filter((verdict) => verdict !== "pending").length,
    pending: verdicts.filter((verdict) => verdict === "pending").length,
    differences: verdicts.filter((verdict): verdict is Difference => typeof verdict === "object"),
  };
}

function messageVerdict(own: StoredMessage, row: StoredMessage | undefined, isCovered: boolean): Verdict {
  const { seq } = own;
  if (row === undefined) {
    return isCovered ? { seq, kind: "missing" } : "pending";
  }
  const values = messageValues(row);
  const columns = columnNames.filter((_, index) => messageValues(own)[index] !== values[index]);
  if (columns.length === 0) {
    return "same";
  }
  return isCovered ? { seq, kind: "differs", columns } : "pending";
}

function summaryVerdict(
  own: ConversationSummary | undefined,
  row: ConversationSummary | undefined,
  isCovered: boolean,
): Verdict {
  const columns = own === undefined || row === undefined ? [] : differingParts(own, row);
  if (columns.length === 0 && (own === undefined) === (row === undefined)) {
    return "same";
  }
  if (!isCovered) {
    return "pending";
  }
  if (row === undefined) {
    return { kind: "missing" };
  }
  return own === undefined ? { kind: "extra" } : { kind: "differs", columns };
}

/** The archive keeps of the newest message only what a list shows. */
function differingParts(own: ConversationSummary, row: ConversationSummary): string[] {
  const { last } = own;
  const expected = {
    ...own,
    last: last && { ...last, text: last.text === null ? null : previewOf(last.text) },
  };
  const parts = Object.keys({ ...expected, ...row }) as (keyof ConversationSummary)[];
  return parts.filter((part) => canonicalJson(expected[part]) !== canonicalJson(row[part]));
}

function extraRow(seq: number): Difference {
  return { seq, kind: "extra" };
}

function seqOf(verdict: Verdict): number {
  return typeof verdict === "object" ? (verdict.seq ?? 0) : 0;
}
