import { isWrite } from "../protocol/client-frame.ts";
import { sideOf } from "../protocol/pair.ts";
import type { Message } from "../protocol/message.ts";
import { greet } from "./greeting.ts";
import { receiptFrom, type WriteOutcome } from "./line.ts";
import type { Room } from "./room.ts";
import { within } from "../sockets/within.ts";
import type { ForwardedFrame, ForwardedResult, ReplayReply } from "../rpc/conversation.ts";

/** An answer waits so long for the inbox to be told first, so that a message's frame comes before its ack. */
const toldWaitMs = 2_000;

/** Each frame joins the turn's batch like one of a socket. */
export async function actAs(
  room: Room,
  user: string,
  frames: readonly ForwardedFrame[],
): Promise<ForwardedResult[]> {
  const side = sideOf(room.ports.pair, user);
  const answers = await Promise.all(frames.map(async (frame) => actOne(room, side, frame)));
  room.archiver.wake();
  if (answers.some(({ kind }) => kind === "sent")) {
    await within(toldWaitMs, room.inboxes.toldTo(side));
  }
  return answers;
}

/** Replay and `ready` as on a socket of the conversation; what the cursor proves is delivered. */
export async function syncFor(room: Room, user: string, after: number | undefined): Promise<ReplayReply> {
  await room.known();
  const side = sideOf(room.ports.pair, user);
  const limited = room.allowances.takeSignal(side);
  if (limited !== undefined) {
    return { frames: [{ type: "error", ...limited }] };
  }
  const { frames, deliveredSeq } = greet(room.factsFor(side), after);
  room.marks.markInInbox(side, deliveredSeq, false);
  return { frames };
}

function actOne(
  room: Room,
  side: "a" | "b",
  frame: ForwardedFrame,
): Promise<ForwardedResult> | ForwardedResult {
  if (isWrite(frame)) {
    if (frame.type === "send") {
      room.typing.sent(side);
    }
    const isBurst = frame.type === "send" && frame.isBurst === true;
    return new Promise((resolve) => {
      const settle = (outcome: WriteOutcome<Message>) =>
        resolve(
          outcome.kind === "refused"
            ? outcome
            : { kind: "sent", receipt: receiptFrom(frame.id, outcome), rev: outcome.message.rev },
        );
      room.write(side, frame, settle, isBurst);
    });
  }
  const limited = room.allowances.takeSignal(side);
  if (limited !== undefined) {
    return { kind: "refused", refusal: limited };
  }
  if (frame.type === "typing") {
    room.typing.said(side, frame.on);
    return { kind: "done" };
  }
  if (frame.type === "delivered") {
    const refused = room.marks.markInInbox(side, frame.seq, frame.keep === true);
    return refused === undefined ? { kind: "done" } : { kind: "refused", refusal: refused };
  }
  return new Promise((resolve) => {
    room.read(side, frame.seq, (outcome) => {
      resolve(outcome.kind === "marked" ? { kind: "done" } : { kind: "refused", refusal: outcome.refusal });
    });
  });
}
