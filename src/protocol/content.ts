import type { WriteFrame } from "./client-frame.ts";
import { dataFault } from "./data.ts";
import { isEmoji, qualified } from "./emoji.ts";
import { refusal, type ErrorCode, type Refusal } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { textFault } from "./text.ts";

/**
 * Why what a send or change says can be no message's, whatever the conversation holds; undefined where it can. The text
 * may be empty beside `data`, so that of an edit too: whether its message has some is judged where that is known.
 */
export function contentFault(frame: WriteFrame, limits: Limits): Refusal | undefined {
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

function textRefusal(text: string, limits: Limits, mayBeEmpty: boolean): Refusal | undefined {
  const message = mayBeEmpty && text === "" ? undefined : textFault(text, limits.maxTextBytes);
  return message === undefined ? undefined : fault("bad_text", "text", message);
}

function fault(code: ErrorCode, field: string, message: string): Refusal {
  return refusal(code, { field, message });
}
