import type { PairlineErrorCode } from "../../client/index.ts";

/** Refusals that the same text meets again: it has to be changed first. */
const ofTheText: ReadonlySet<string> = new Set<PairlineErrorCode>([
  "bad_text",
  "too_large",
  "bad_data",
  "bad_frame",
]);
/** Refusals after which a message takes no edit any more: its author can only write a new one. */
const ofTheTarget: ReadonlySet<string> = new Set<PairlineErrorCode>([
  "too_late",
  "message_deleted",
  "unknown_message",
  "not_author",
]);

/** Whether a send that was refused may succeed unchanged. */
export function mayTryAgain(code: string): boolean {
  return !ofTheText.has(code);
}

export function mayEditAgain(code: string | undefined): boolean {
  return code === undefined || !ofTheTarget.has(code);
}
