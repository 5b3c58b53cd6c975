import type { Standing } from "../protocol/inspection.ts";
import { within } from "../sockets/within.ts";
import { emptyWaitMs } from "./admission.ts";
import type { Room } from "./room.ts";

/** How a conversation's object stands, for support. */
export async function inspect(room: Room): Promise<Standing> {
  room.archiver.wake();
  // Until it was compared an object that slept knows nothing of D1.
  await within(emptyWaitMs, room.archiver.compared());
  const { line, log, archiver, devices, inboxes, marks, ports } = room;
  const { head, rev } = line.position;
  const { read, flags, failingSinceMs } = line.state;
  const { lag } = archiver;
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
      ...(lag !== undefined && { rev: rev - lag, lag }),
      ...(failingSinceMs !== null && { failingSince: failingSinceMs }),
    },
    owesInboxes: inboxes.owes,
  };
}
