import { cappedBytes } from "../../protocol/capped-bytes.ts";

/** What one post may have: clients before Socket.IO 4.5 and python-socketio put all that waits into one. */
export const maxPostBytes = 1_048_576;
export const maxPostPackets = 1_000;

const separator = 0x1e;

/** `too_large`: the body, the number of its packets or one of them is over its limit. */
export type PostBody = { readonly text: string } | { readonly refused: "too_large" | "not_utf8" };

/** The body of a post. What is not UTF-8 is refused: decoded loosely, it would store another text than was meant. */
export async function readPost(request: Request, maxPacketBytes: number): Promise<PostBody> {
  const bytes = await cappedBytes(request, maxPostBytes);
  if (bytes === undefined || !arePacketsWithin(bytes, maxPacketBytes)) {
    return { refused: "too_large" };
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes) };
  } catch {
    return { refused: "not_utf8" };
  }
}

// Counted in bytes, before anything is parsed. No character of UTF-8 has the separator among its bytes.
function arePacketsWithin(bytes: Uint8Array, maxPacketBytes: number): boolean {
  let packets = 1;
  for (let start = 0, end = bytes.indexOf(separator); ; end = bytes.indexOf(separator, start)) {
    if (packets > maxPostPackets || (end === -1 ? bytes.length : end) - start > maxPacketBytes) {
      return false;
    }
    if (end === -1) {
      return true;
    }
    start = end + 1;
    packets += 1;
  }
}
