import { visibleReadCursor } from "../model/flags.ts";
import type { ArchiveWrite } from "../archive/write.ts";
import { otherSide, type Side } from "../protocol/pair.ts";
import type { Cursors } from "./log.ts";

/** Whether a write shows a side anything that the archive did not show it before. */
export function isSeenToMove(
  side: Side,
  before: { readonly rev: number; readonly state: number; readonly read: Cursors },
  { rev, read, flags }: ArchiveWrite["summary"],
): boolean {
  const peer = otherSide(side);
  return (
    rev > before.rev ||
    flags.state > before.state ||
    read[side] > before.read[side] ||
    visibleReadCursor(read[peer], flags, peer) > before.read[peer]
  );
}
