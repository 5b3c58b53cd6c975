import { toMessage } from "../model/message.ts";
import type { Limits } from "../protocol/limits.ts";
import type { Message } from "../protocol/message.ts";
import { type Pair, otherSide, type Side } from "../protocol/pair.ts";
import {
  type MessageStore,
  type Cursors,
  quoting,
  type Position,
  seqAtRev,
  changesSince,
} from "./message-store.ts";
import { visibleReadCursor } from "../model/flags.ts";
import type { Profile } from "../protocol/conversation-list.ts";
import type { ServerFrame } from "../protocol/server-frame.ts";
import type { Sequencer } from "./sequencer.ts";
/** What a device gets before `ready`: the messages it lacks, or the word that it must load pages instead. */
type Replay =
  | { readonly kind: "messages"; readonly messages: readonly Message[] }
  | { readonly kind: "reset" };

const encoder = new TextEncoder();

/**
 * What changed after the cursor `after`, by `rev`, with holes where a later change superseded an earlier one.
 * `reset` where the cursor is not of this history, or more than the limits lies behind.
 */
export function replaySince(
  store: MessageStore,
  pair: Pair,
  limits: Limits,
  position: Position & { readonly minValidRev: number },
  after: number,
): Replay {
  const beforeFloor = after < position.minValidRev && after !== 0;
  if (after > position.rev || beforeFloor) {
    return { kind: "reset" };
  }
  // A character takes at least a byte, so a replay that fits its bytes fits as many characters.
  const budget = { rows: limits.maxReplayChanges, characters: limits.maxReplayBytes };
  const { messages: rows, upTo } = changesSince(store, position, after, budget);
  if (upTo < position.rev) {
    return { kind: "reset" };
  }
  const messages = quoting(store, rows).map((row) => toMessage(row, pair));
  const bytes = messages.reduce((sum, message) => sum + encoder.encode(JSON.stringify(message)).length, 0);
  return bytes > limits.maxReplayBytes ? { kind: "reset" } : { kind: "messages", messages };
}

interface HandshakeContext {
  readonly store: MessageStore;
  readonly sequencer: Sequencer;
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
interface Handshake {
  readonly frames: readonly ServerFrame[];
  readonly deliveredSeq: number;
}

/** Replay, or `reset`, then `ready`. Without a cursor there is nothing to replay. */
export function buildHandshake(facts: HandshakeContext, after: number | undefined): Handshake {
  const ready = readyFrame(facts);
  if (after === undefined) {
    return { frames: [ready], deliveredSeq: 0 };
  }
  const { store, sequencer, pair, limits } = facts;
  const position = { ...sequencer.position, minValidRev: sequencer.state.minValidRev };
  const replay = replaySince(store, pair, limits, position, after);
  if (replay.kind === "reset") {
    return { frames: [{ type: "reset", rev: position.rev }, ready], deliveredSeq: 0 };
  }
  const messages = replay.messages.map((message): ServerFrame => ({ type: "message", message }));
  return { frames: [...messages, ready], deliveredSeq: seqAtRev(store, position, after) };
}

/** For a device whose history was replaced under it. */
export function buildReset(facts: HandshakeContext): readonly ServerFrame[] {
  return [{ type: "reset", rev: facts.sequencer.position.rev }, readyFrame(facts)];
}

function readyFrame({
  sequencer,
  pair,
  limits,
  side,
  delivered,
  peerOnline,
  profile,
  requestId,
}: HandshakeContext): ServerFrame {
  const peer = otherSide(side);
  const { read, flags } = sequencer.state;
  const seen = visibleReadCursor(read[peer], flags, peer);
  return {
    type: "ready",
    you: pair[side],
    peer: pair[peer],
    ...sequencer.position,
    read: { you: read[side], peer: seen },
    // A blocked user sees the other's delivery mark no further than the read cursor from before the block.
    delivered: { you: delivered[side], peer: sequencer.isBlocked(side) ? seen : delivered[peer] },
    peerOnline,
    ...(profile !== undefined && { profile }),
    limits,
    ...(requestId !== undefined && { requestId }),
  };
}
