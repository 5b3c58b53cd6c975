import { toMessage } from "../model/message.ts";
import type { Limits } from "../protocol/limits.ts";
import type { Message } from "../protocol/message.ts";
import type { Pair } from "../protocol/pair.ts";
import { changesSince, type Position } from "./changes.ts";
import type { Log } from "./log.ts";
import { quoting } from "./quoting.ts";

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
  log: Log,
  pair: Pair,
  limits: Limits,
  position: Position & { readonly floorRev: number },
  after: number,
): Replay {
  const beforeFloor = after < position.floorRev && after !== 0;
  if (after > position.rev || beforeFloor) {
    return { kind: "reset" };
  }
  // A character takes at least a byte, so a replay that fits its bytes fits as many characters.
  const budget = { rows: limits.maxReplayChanges, characters: limits.maxReplayBytes };
  const { messages: rows, upTo } = changesSince(log, position, after, budget);
  if (upTo < position.rev) {
    return { kind: "reset" };
  }
  const messages = quoting(log, rows).map((row) => toMessage(row, pair));
  const bytes = messages.reduce((sum, message) => sum + encoder.encode(JSON.stringify(message)).length, 0);
  return bytes > limits.maxReplayBytes ? { kind: "reset" } : { kind: "messages", messages };
}
