import { visibleReadCursor } from "../model/flags.ts";
import type { Profile } from "../protocol/conversation-list.ts";
import type { Limits } from "../protocol/limits.ts";
import { otherSide, type Pair, type Side } from "../protocol/pair.ts";
import type { ServerFrame } from "../protocol/server-frame.ts";
import { seqAtRev } from "./changes.ts";
import type { Line } from "./line.ts";
import type { Cursors, Log } from "./log.ts";
import { replaySince } from "./replay.ts";

interface GreetingFacts {
  readonly log: Log;
  readonly line: Line;
  readonly pair: Pair;
  readonly limits: Limits;
  readonly side: Side;
  readonly delivered: Cursors;
  readonly peerOnline: boolean;
  /** The peer's, where the door knew it. */
  readonly profile?: Profile | undefined;
  /** What the log calls the socket. */
  readonly requestId?: string | undefined;
}

/** What a device gets first, in order, and how far it has everything by the cursor it came with. */
interface Greeting {
  readonly frames: readonly ServerFrame[];
  readonly deliveredSeq: number;
}

/** Replay, or `reset`, then `ready`. Without a cursor there is nothing to replay. */
export function greet(facts: GreetingFacts, after: number | undefined): Greeting {
  const ready = readyFrame(facts);
  if (after === undefined) {
    return { frames: [ready], deliveredSeq: 0 };
  }
  const { log, line, pair, limits } = facts;
  const position = { ...line.position, floorRev: line.state.floorRev };
  const replay = replaySince(log, pair, limits, position, after);
  if (replay.kind === "reset") {
    return { frames: [{ type: "reset", rev: position.rev }, ready], deliveredSeq: 0 };
  }
  const messages = replay.messages.map((message): ServerFrame => ({ type: "message", message }));
  return { frames: [...messages, ready], deliveredSeq: seqAtRev(log, position, after) };
}

/** For a device whose history was replaced under it. */
export function greetAgain(facts: GreetingFacts): readonly ServerFrame[] {
  return [{ type: "reset", rev: facts.line.position.rev }, readyFrame(facts)];
}

function readyFrame({
  line,
  pair,
  limits,
  side,
  delivered,
  peerOnline,
  profile,
  requestId,
}: GreetingFacts): ServerFrame {
  const peer = otherSide(side);
  const { read, flags } = line.state;
  const seen = visibleReadCursor(read[peer], flags, peer);
  return {
    type: "ready",
    you: pair[side],
    peer: pair[peer],
    ...line.position,
    read: { you: read[side], peer: seen },
    // Who is blocked sees no more of the other's devices than what was read before.
    delivered: { you: delivered[side], peer: line.isBlocked(side) ? seen : delivered[peer] },
    peerOnline,
    ...(profile !== undefined && { profile }),
    limits,
    ...(requestId !== undefined && { requestId }),
  };
}
