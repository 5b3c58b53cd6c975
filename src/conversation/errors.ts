import { refusal, type Refusal } from "../protocol/errors.ts";

/** A mark on a message that is not there. */
export function aboveHead(): Refusal {
  return refusal("out_of_range", { field: "seq", message: "seq is above the conversation's head" });
}

export function afterAboveRev(): Refusal {
  return refusal("out_of_range", { field: "after", message: "after is above the conversation's rev" });
}

export function unknownMessage(field: "seq" | "replyTo"): Refusal {
  return refusal("unknown_message", { field, message: `${field} is not a message of this conversation` });
}
