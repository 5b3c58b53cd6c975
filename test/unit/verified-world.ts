import * as fc from "fast-check";
import { correct, readPart } from "../../src/archive/verify.ts";
import { verifyPart, type VerifiedArchive } from "../../src/conversation/verification.ts";
import type { WriteFrame } from "../../src/protocol/client-frame.ts";
import type { Side } from "../../src/protocol/pair.ts";
import type { Difference, Verification } from "../../src/protocol/verification.ts";
import { World } from "./world.ts";
import type { VerifyQuery } from "../../src/rpc/conversation.ts";

export const key = "conversation-key-00000";

export function archiveOf(world: World): VerifiedArchive {
  return {
    part: (from, limit) => readPart(world.d1.binding, key, from, limit),
    correct: (correction) => correct(world.d1.binding, key, correction),
  };
}

/** An answer, while turns and calls go on as they do. */
export async function verify(
  world: World,
  query: Partial<VerifyQuery> = {},
  archive = archiveOf(world),
): Promise<Verification> {
  const answer = verifyPart(world.room, archive, { from: 1, repair: false, ...query });
  const progress = { isDone: false };
  const done = () => {
    progress.isDone = true;
  };
  void answer.then(done, done);
  while (!progress.isDone) {
    await world.settle();
  }
  const reply = await answer;
  if (!reply.ok) {
    throw new Error(reply.refusal.code);
  }
  return reply.verification;
}

let lastId = 0;

/** A send or change by one of the two, with an id of its own. */
export function write(world: World, side: Side, frame: object): void {
  lastId += 1;
  world.room.write(side, { id: `id-${lastId}`, ...frame } as WriteFrame, () => {});
}

/** A conversation that has everything a row can have, all of it in D1. */
export async function archivedWorld(messages = 12): Promise<World> {
  const world = new World();
  for (let seq = 1; seq <= messages; seq += 1) {
    write(world, seq % 3 === 0 ? "b" : "a", {
      type: "send",
      text: `text ${seq}`,
      ...(seq > 4 && { replyTo: 2 }),
    });
  }
  await world.settle();
  write(world, "a", { type: "edit", seq: 2, text: "edited" });
  write(world, "b", { type: "delete", seq: 3 });
  write(world, "b", { type: "react", seq: 4, emoji: "👍", on: true });
  world.room.read("b", 4, () => {});
  world.room.setFlags("a", { muted: true }, () => {});
  await world.settle();
  return world;
}

/** The differences of all parts from this one on. */
export async function verifyFrom(
  world: World,
  from: number | undefined,
  repair: boolean,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (let at = from; at !== undefined;) {
    const part = await verify(world, { from: at, repair });
    differences.push(...part.differences);
    at = part.next;
  }
  return differences;
}

const textColumn = fc.constantFrom("author", "id", "text", "data", "reactions", "edit_id");
const numberColumn = fc.constantFrom(
  "rev",
  "created_rev",
  "created_at_ms",
  "count_a",
  "edited_at_ms",
  "deleted_at_ms",
  "reply_to",
  "edit_rev",
);
const summaryColumn = fc.constantFrom(
  "head",
  "last_at_ms",
  "count_a",
  "read_a",
  "read_b",
  "read_count_a",
  "read_count_b",
  "state",
  "muted_a",
  "archived_b",
  "blocked_a",
);

export const seq = fc.integer({ min: 1, max: 12 });
/** A statement that leaves D1 other than it was, or not. */
export const damage = fc.oneof(
  seq.map((at) => `DELETE FROM messages WHERE seq = ${at}`),
  fc
    .tuple(seq, textColumn, fc.constantFrom("a", "b", "tampered"))
    .map(([at, column, value]) => `UPDATE messages SET ${column} = '${value}' WHERE seq = ${at}`),
  fc
    .tuple(seq, numberColumn, fc.nat(30))
    .map(([at, column, value]) => `UPDATE messages SET ${column} = ${value} WHERE seq = ${at}`),
  fc.integer({ min: 13, max: 900 }).map(
    (
      at,
    ) => `INSERT OR IGNORE INTO messages (conversation, seq, rev, created_rev, author, id, text, created_at_ms, count_a)
      SELECT conversation, ${at}, rev, created_rev, author, id, text, created_at_ms, count_a FROM messages LIMIT 1`,
  ),
  fc
    .tuple(summaryColumn, fc.nat(1))
    .map(([column, value]) => `UPDATE conversations SET ${column} = ${value}`),
  fc.constant("UPDATE conversations SET last_author = NULL, last_text = NULL"),
  // An archive that was set back; one that is ahead is another story.
  fc.nat(14).map((rev) => `UPDATE conversations SET rev = ${rev}`),
  fc.constant("DELETE FROM conversations"),
);
