import type { FlagUpdate } from "../model/flags.ts";
import type { WriteFrame } from "../protocol/client-frame.ts";
import { sideOf } from "../protocol/pair.ts";
import type { OwnSummary } from "../protocol/rest.ts";
import { emptyWaitMs } from "./admission.ts";
import { quoting } from "./quoting.ts";
import type { Room } from "./room.ts";
import { summaryOf } from "./summary.ts";
import { within } from "../sockets/within.ts";
import type {
  SendResult,
  FlagsResult,
  ReadResult,
  StoredPage,
  StoredPageQuery,
} from "../rpc/conversation.ts";

/** Joins the turn's batch like a frame of a socket. */
export function writeAs(room: Room, user: string, frame: WriteFrame): Promise<SendResult> {
  const { pair } = room.ports;
  return new Promise((resolve) => {
    room.write(sideOf(pair, user), frame, (outcome) => {
      resolve(
        outcome.kind === "refused"
          ? { ok: false, refusal: outcome.refusal }
          : {
              ok: true,
              repeated: outcome.kind === "repeated",
              message: outcome.message,
              rev: outcome.rev,
            },
      );
    });
  });
}

export async function readAs(room: Room, user: string, seq: number): Promise<ReadResult> {
  await room.known();
  const side = sideOf(room.ports.pair, user);
  const limited = room.allowances.takeSignal(side);
  if (limited !== undefined) {
    return { ok: false, refusal: limited };
  }
  return new Promise((resolve) => {
    room.read(side, seq, (outcome) => {
      resolve(
        outcome.kind === "marked" ? { ok: true, seq: outcome.seq } : { ok: false, refusal: outcome.refusal },
      );
    });
  });
}

/** Mutes, archives or blocks a conversation for a user, who may do so before its first message. */
export async function setFlagsAs(room: Room, user: string, update: FlagUpdate): Promise<FlagsResult> {
  // A restored record may hold older flags: a change of those would lose against the archive's.
  await within(emptyWaitMs, room.archiver.compared());
  const side = sideOf(room.ports.pair, user);
  const limited = room.allowances.takeSignal(side);
  if (limited !== undefined) {
    return { ok: false, refusal: limited };
  }
  return new Promise((resolve) => {
    room.setFlags(side, update, (refused) => {
      resolve(
        refused === undefined
          ? { ok: true, summary: ownSummary(room, user) }
          : { ok: false, refusal: refused },
      );
    });
  });
}

export async function pagePart(room: Room, query: StoredPageQuery): Promise<StoredPage> {
  await room.known();
  const { head, rev } = room.line.position;
  const { from, to } = rangeOf(query, head);
  const messages = quoting(room.log, room.log.changedRange(from, to, query.archivedRev));
  return { head, rev, from, to, messages };
}

/** The numbers of a page's messages. An empty page has a `from` above its `to`. */
function rangeOf({ before, after, limit }: StoredPageQuery, head: number): { from: number; to: number } {
  if (after !== undefined) {
    return { from: after + 1, to: Math.min(after + limit, head) };
  }
  const to = Math.min((before ?? head + 1) - 1, head);
  return { from: Math.max(1, to - limit + 1), to };
}

export async function summaryFor(room: Room, user: string): Promise<OwnSummary> {
  await room.known();
  return ownSummary(room, user);
}

function ownSummary({ line, ports }: Room, user: string): OwnSummary {
  return { you: user, ...summaryOf({ line, pair: ports.pair }, sideOf(ports.pair, user)) };
}
