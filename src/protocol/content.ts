import type { WriteFrame } from "./client-frame.ts";
import { dataFault } from "./data.ts";
import { isEmoji, qualified } from "./emoji.ts";
import { refusal, type ErrorCode, type Refusal } from "./errors.ts";
import { greatestMaxTextBytes, type Limits } from "./limits.ts";
import { textFault } from "./text.ts";

/**
 * Why the content of a send or change is invalid in every deployment; undefined if it is valid. Checked before a frame is
 * forwarded. `textSizeFault` checks the deployment's own limit after the search for an earlier attempt, because the limit
 * may be lower now than it was then. A message with `data` may have an empty text, so an edit's text may be empty here:
 * the conversation checks whether the edited message has `data`.
 */
export function formFault(frame: WriteFrame): Refusal | undefined {
  return contentFault(frame, { maxTextBytes: greatestMaxTextBytes });
}

/** Why a text is too long for this deployment; undefined where it is not. */
export function textSizeFault(text: string, { maxTextBytes }: TextLimits): Refusal | undefined {
  return textRefusal(text, { maxTextBytes }, true);
}

type TextLimits = Pick<Limits, "maxTextBytes">;

/** Both of the above. */
export function contentFault(frame: WriteFrame, limits: TextLimits): Refusal | undefined {
  if (frame.type === "send") {
    return dataRefusal(frame.data) ?? textRefusal(frame.text, limits, frame.data !== undefined);
  }
  if (frame.type === "edit") {
    return textRefusal(frame.text, limits, true);
  }
  const isFit = frame.type === "delete" || isEmoji(qualified(frame.emoji));
  return isFit ? undefined : fault("bad_emoji", "emoji", "emoji must be a single emoji");
}

function dataRefusal(data: unknown): Refusal | undefined {
  const message = data === undefined ? undefined : dataFault(data);
  return message === undefined ? undefined : fault("bad_data", "data", message);
}

function textRefusal(text: string, limits: TextLimits, mayBeEmpty: boolean): Refusal | undefined {
  const message = mayBeEmpty && text === "" ? undefined : textFault(text, limits.maxTextBytes);
  return message === undefined ? undefined : fault("bad_text", "text", message);
}

function fault(code: ErrorCode, field: string, message: string): Refusal {
  return refusal(code, { field, message });
}
