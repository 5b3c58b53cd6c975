import type { StoredMessage } from "../model/message.ts";
import type { ChangeFrame } from "../protocol/client-frame.ts";
import { textSizeFault } from "../protocol/content.ts";
import { qualified } from "../protocol/emoji.ts";
import { refusal, type ErrorCode, type Refusal } from "../protocol/errors.ts";
import { fixedLimits, type Limits } from "../protocol/limits.ts";
import type { Side } from "../protocol/pair.ts";

/** The deployment's own limits of what may be said; they may have been others when an earlier attempt was stored. */
export interface ContentLimits extends Pick<Limits, "maxTextBytes"> {
  readonly editWindowMs?: number | undefined;
}

/** When and by whom a message is changed, and within which limits. */
export interface ChangeFacts extends ContentLimits {
  readonly side: Side;
  /** The revision that the change takes. */
  readonly rev: number;
  readonly nowMs: number;
}

/** What a change makes of a message; or that all is so already, since `rev`; or why it may not be. */
export type Changed =
  | { readonly kind: "changed"; readonly message: StoredMessage }
  | { readonly kind: "same"; readonly rev: number }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Applies an edit, a deletion or a reaction to a message, its content already found fit. */
export function changed(message: StoredMessage, change: ChangeFrame, facts: ChangeFacts): Changed {
  if (change.type === "edit") {
    return edited(message, change, facts);
  }
  return change.type === "delete" ? deleted(message, facts) : reacted(message, change, facts);
}

/** What somebody who is blocked may still do: it shows nobody anything new. */
export function takesAway(change: ChangeFrame): boolean {
  return change.type === "delete" || (change.type === "react" && !change.on);
}

type EditFrame = Extract<ChangeFrame, { type: "edit" }>;

function edited(message: StoredMessage, change: EditFrame, facts: ChangeFacts): Changed {
  const { side, rev, nowMs } = facts;
  const { id, text } = change;
  if (message.author !== side) {
    return refused("not_author");
  }
  if (message.editId === id && message.editRev !== null) {
    const isSame = message.deletedAtMs !== null || message.text === text;
    return isSame ? { kind: "same", rev: message.editRev } : refused("conflict");
  }
  const fault = editFault(message, change, facts);
  if (fault === undefined && message.text === text) {
    return { kind: "same", rev: message.rev };
  }
  return fault ?? becomes({ ...message, rev, text, editedAtMs: nowMs, editId: id, editRev: rev });
}

function editFault(
  message: StoredMessage,
  { text, after }: EditFrame,
  { nowMs, editWindowMs, maxTextBytes }: ChangeFacts,
): Changed | undefined {
  if (message.deletedAtMs !== null) {
    return refused("message_deleted");
  }
  // Composed by somebody who had not seen the newer edit: a late retry, or a slower device.
  if (after !== undefined && after < (message.editRev ?? 0)) {
    return refused("superseded");
  }
  if (editWindowMs !== undefined && nowMs - message.createdAtMs > editWindowMs) {
    return refused("too_late");
  }
  if (text === "" && message.data === null) {
    return refused("bad_text", { field: "text", message: "text is empty" });
  }
  const tooLong = textSizeFault(text, { maxTextBytes });
  return tooLong && { kind: "refused", refusal: tooLong };
}

/** Nothing of what it said stays; its number, author and times do. */
function deleted(message: StoredMessage, { side, rev, nowMs }: ChangeFacts): Changed {
  if (message.author !== side) {
    return refused("not_author");
  }
  if (message.deletedAtMs !== null) {
    return { kind: "same", rev: message.rev };
  }
  return becomes({
    ...message,
    rev,
    text: "",
    data: null,
    reactions: null,
    replyTo: null,
    editedAtMs: null,
    deletedAtMs: nowMs,
  });
}

function reacted(
  message: StoredMessage,
  { emoji, on }: Extract<ChangeFrame, { type: "react" }>,
  { side, rev }: ChangeFacts,
): Changed {
  if (message.deletedAtMs !== null) {
    return refused("message_deleted");
  }
  const picture = qualified(emoji);
  const reactions = JSON.parse(message.reactions ?? "{}") as Record<string, Side[]>;
  const { [picture]: sides = [], ...others } = reactions;
  if (sides.includes(side) === on) {
    return { kind: "same", rev: message.rev };
  }
  if (sides.length === 0 && Object.keys(others).length >= fixedLimits.maxReactions) {
    return refused("too_many_reactions");
  }
  const rest = on ? [...sides, side] : sides.filter((other) => other !== side);
  const next = rest.length === 0 ? others : { ...reactions, [picture]: rest };
  const isBare = Object.keys(next).length === 0;
  return becomes({ ...message, rev, reactions: isBare ? null : JSON.stringify(next) });
}

function becomes(message: StoredMessage): Changed {
  return { kind: "changed", message };
}

function refused(code: ErrorCode, more: Omit<Partial<Refusal>, "code"> = {}): Changed {
  return { kind: "refused", refusal: refusal(code, more) };
}
