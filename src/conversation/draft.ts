import { canonical } from "../archive/comparison.ts";
import type { StoredMessage } from "../archive/stored-message.ts";
import type { Side } from "../protocol/pair.ts";
import type { SendBody } from "../protocol/rest.ts";

/** What an author wants said, its content already found fit. */
export interface Draft {
  readonly author: Side;
  readonly id: string;
  readonly text: string;
  /** JSON object of the app's own. */
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

/** Whether a draft can be another try of the send that became this message, as far as what it says shows it. */
export function saysTheSame(draft: Draft, message: StoredMessage): boolean {
  const isAsSent = message.editedAtMs === null && message.deletedAtMs === null;
  return (
    !isAsSent ||
    (draft.text === message.text && isSameData(draft.data, message.data) && draft.replyTo === message.replyTo)
  );
}

/** In whatever order their keys are. */
function isSameData(one: string | null, other: string | null): boolean {
  return (
    one === other ||
    (one !== null && other !== null && canonical(JSON.parse(one)) === canonical(JSON.parse(other)))
  );
}
