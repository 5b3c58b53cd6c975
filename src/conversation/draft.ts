import { refusal, type Refusal } from "../protocol/errors.ts";
import type { Limits } from "../protocol/limits.ts";
import type { Side } from "../protocol/pair.ts";
import type { SendBody } from "../protocol/rest.ts";
import { textFault } from "../protocol/text.ts";

/** What an author wants said, its text already found fit. */
export interface Draft {
  readonly author: Side;
  readonly id: string;
  readonly text: string;
  readonly after?: number | undefined;
}

type DraftOrRefusal =
  | { readonly ok: true; readonly draft: Draft }
  | { readonly ok: false; readonly refusal: Refusal };

/** What a frame or body of a send says, where its text can be a message. */
export function draftFrom(author: Side, { id, text, after }: SendBody, limits: Limits): DraftOrRefusal {
  const fault = textFault(text, limits.maxTextBytes);
  if (fault !== undefined) {
    return { ok: false, refusal: refusal("bad_text", { field: "text", message: fault }) };
  }
  return { ok: true, draft: { author, id, text, after } };
}
