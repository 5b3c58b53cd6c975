import { canonicalJson } from "../lib/canonical-json.ts";
import type { StoredMessage } from "./message.ts";
import type { Side } from "../protocol/pair.ts";
import type { SendBody } from "../protocol/rest.ts";

/** A message before it has a sequence number. Its content is valid. */
export interface Draft {
  readonly author: Side;
  readonly id: string;
  readonly text: string;
  /** JSON object of the app. */
  readonly data: string | null;
  readonly replyTo: number | null;
  readonly after?: number | undefined;
}

export function draftFrom(author: Side, { id, text, data, replyTo, after }: SendBody): Draft {
  return {
    author,
    id,
    text,
    data: data === undefined ? null : JSON.stringify(data),
    replyTo: replyTo ?? null,
    after,
  };
}

/**
 * Whether a draft can be a repeat of the send that became this message. An edited or deleted message no longer shows its
 * first content, so it matches.
 */
export function hasSameContent(draft: Draft, message: StoredMessage): boolean {
  const isAsSent = message.editedAtMs === null && message.deletedAtMs === null;
  return (
    !isAsSent ||
    (draft.text === message.text && isSameData(draft.data, message.data) && draft.replyTo === message.replyTo)
  );
}

/** Ignores the order of keys. */
function isSameData(one: string | null, other: string | null): boolean {
  return (
    one === other ||
    (one !== null && other !== null && canonicalJson(JSON.parse(one)) === canonicalJson(JSON.parse(other)))
  );
}
