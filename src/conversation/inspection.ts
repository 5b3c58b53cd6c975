import type { Standing } from "../protocol/inspection.ts";
import type { Room } from "./room.ts";

/** How a conversation's object stands, for support. */
export async function inspect(room: Room): Promise<Standing> {
  await room.known();
  const { line, log, archiver, devices, inboxes, marks, ports } = room;
  const { head, rev } = line.position;
  const { read, flags, failingSinceMs } = line.state;
  const archivedRev = Math.min(archiver.landed.rev, rev);
  const last = log.last();
  return {
    users: [ports.pair.a, ports.pair.b],
    head,
    rev,
    ...(last !== undefined && { lastAt: last.createdAtMs }),
    read: [read.a, read.b],
    delivered: [marks.of("a"), marks.of("b")],
    blocked: [flags.blocked.a !== null, flags.blocked.b !== null],
    sockets: [devices.of("a").length, devices.of("b").length],
    archive: {
      rev: archivedRev,
      lag: rev - archivedRev,
      ...(failingSinceMs !== null && { failingSince: failingSinceMs }),
    },
    owesInboxes: inboxes.owes,
  };
}
