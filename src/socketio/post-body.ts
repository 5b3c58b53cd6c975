import { cappedBytes } from "../protocol/capped-bytes.ts";

/** What one post may have: clients before Socket.IO 4.5 and python-socketio put all that waits into one. */
export const maxPostBytes = 1_048_576;
export const maxPostPackets = 1_000;

const separator = 0x1e;

/** The body of a post; undefined when it, the number of its packets or one of them is over its limit. */
export async function readPost(request: Request, maxPacketBytes: number): Promise<string | undefined> {
  const bytes = await cappedBytes(request, maxPostBytes);
  return bytes !== undefined && arePacketsWithin(bytes, maxPacketBytes)
    ? new TextDecoder().decode(bytes)
    : undefined;
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
