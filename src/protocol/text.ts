/** Why a text cannot be a message, or undefined where it can. `maxTextBytes` counts UTF-8. */
export function textFault(text: string, maxTextBytes: number): string | undefined {
  if (text.length === 0) {
    return "text is empty";
  }
  if (!fitsBytes(text, maxTextBytes)) {
    return `text is over ${maxTextBytes} bytes of UTF-8`;
  }
  if (!text.isWellFormed()) {
    return "text has a lone surrogate";
  }
  if (text.includes("\u0000")) {
    return "text has a U+0000";
  }
  return undefined;
}

const encoder = new TextEncoder();

/** Whether a string's UTF-8 fits, without encoding it where its length already tells. */
export function fitsBytes(text: string, maxBytes: number): boolean {
  // One UTF-16 unit takes one to three bytes.
  if (text.length > maxBytes) {
    return false;
  }
  return text.length * 3 <= maxBytes || encoder.encode(text).length <= maxBytes;
}
