import type { FlagUpdate } from "../model/flags.ts";
import { type WriteFrame, isWrite } from "../protocol/client-frame.ts";
import { sideOf } from "../protocol/pair.ts";
import type { OwnSummary } from "../protocol/rest.ts";
import { archiveWaitMs } from "./admission.ts";
import type { Conversation } from "./conversation.ts";
import { orUndefinedAfter } from "../lib/timeout.ts";
import type {
  SendResult,
  FlagsResult,
  ReadResult,
  StoredPage,
  StoredPageQuery,
  ForwardedFrame,
  ForwardedResult,
  ReplayReply,
} from "../rpc/conversation.ts";
import type { Message } from "../protocol/message.ts";
import { receiptFrom, type WriteOutcome, summaryOf } from "./sequencer.ts";
import type { Standing } from "../protocol/inspection.ts";
import { buildHandshake } from "./replay.ts";
import { quoting } from "./message-store.ts";

/** Joins the turn's batch like a frame of a socket. */
export function writeFor(conversation: Conversation, user: string, frame: WriteFrame): Promise<SendResult> {
  const { pair } = conversation.platform;
  return new Promise((resolve) => {
    conversation.write(sideOf(pair, user), frame, (outcome) => {
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

export async function readFor(conversation: Conversation, user: string, seq: number): Promise<ReadResult> {
  await conversation.waitUntilKnown();
  const side = sideOf(conversation.platform.pair, user);
  const limited = conversation.allowances.takeSignal(side);
  if (limited !== undefined) {
    return { ok: false, refusal: limited };
  }
  return new Promise((resolve) => {
    conversation.read(side, seq, (outcome) => {
      resolve(
        outcome.kind === "marked" ? { ok: true, seq: outcome.seq } : { ok: false, refusal: outcome.refusal },
      );
    });
  });
}

/** Mutes, archives or blocks a conversation for a user, who may do so before its first message. */
export async function setFlagsFor(
  conversation: Conversation,
  user: string,
  update: FlagUpdate,
): Promise<FlagsResult> {
  // A restored record may hold older flags: a change of those would lose against the archive's.
  await orUndefinedAfter(archiveWaitMs, conversation.replicator.waitUntilCompared());
  const side = sideOf(conversation.platform.pair, user);
  const limited = conversation.allowances.takeSignal(side);
  if (limited !== undefined) {
    return { ok: false, refusal: limited };
  }
  return new Promise((resolve) => {
    conversation.setFlags(side, update, (refused) => {
      resolve(
        refused === undefined
          ? { ok: true, summary: ownSummary(conversation, user) }
          : { ok: false, refusal: refused },
      );
    });
  });
}

export async function storedPage(conversation: Conversation, query: StoredPageQuery): Promise<StoredPage> {
  await conversation.waitUntilKnown();
  const { head, rev } = conversation.sequencer.position;
  const { from, to } = rangeOf(query, head);
  const messages = quoting(conversation.store, conversation.store.changedRange(from, to, query.archivedRev));
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

export async function summaryFor(conversation: Conversation, user: string): Promise<OwnSummary> {
  await conversation.waitUntilKnown();
  return ownSummary(conversation, user);
}

function ownSummary({ sequencer, platform }: Conversation, user: string): OwnSummary {
  return { you: user, ...summaryOf({ sequencer, pair: platform.pair }, sideOf(platform.pair, user)) };
}

/** A result waits this long for the inbox notification, so that a message's frame precedes its ack. */
const notifyTimeoutMs = 2_000;

/** Each frame joins the turn's batch like one of a socket. */
export async function forwardFor(
  conversation: Conversation,
  user: string,
  frames: readonly ForwardedFrame[],
): Promise<ForwardedResult[]> {
  const side = sideOf(conversation.platform.pair, user);
  const answers = await Promise.all(frames.map(async (frame) => handleForwarded(conversation, side, frame)));
  conversation.replicator.schedule();
  if (answers.some(({ kind }) => kind === "sent")) {
    await orUndefinedAfter(notifyTimeoutMs, conversation.notifier.notifiedSide(side));
  }
  return answers;
}

/** Replay and `ready` as on a socket of the conversation; what the cursor proves is delivered. */
export async function replayFor(
  conversation: Conversation,
  user: string,
  after: number | undefined,
): Promise<ReplayReply> {
  await conversation.waitUntilKnown();
  const side = sideOf(conversation.platform.pair, user);
  const limited = conversation.allowances.takeSignal(side);
  if (limited !== undefined) {
    return { frames: [{ type: "error", ...limited }] };
  }
  const { frames, deliveredSeq } = buildHandshake(conversation.handshakeContext(side), after);
  conversation.marks.markInInbox(side, deliveredSeq, false);
  return { frames };
}

function handleForwarded(
  conversation: Conversation,
  side: "a" | "b",
  frame: ForwardedFrame,
): Promise<ForwardedResult> | ForwardedResult {
  if (isWrite(frame)) {
    if (frame.type === "send") {
      conversation.typing.onSent(side);
    }
    const isBurst = frame.type === "send" && frame.isBurst === true;
    return new Promise((resolve) => {
      const respond = (outcome: WriteOutcome<Message>) =>
        resolve(
          outcome.kind === "refused"
            ? outcome
            : { kind: "sent", receipt: receiptFrom(frame.id, outcome), rev: outcome.message.rev },
        );
      conversation.write(side, frame, respond, isBurst);
    });
  }
  const limited = conversation.allowances.takeSignal(side);
  if (limited !== undefined) {
    return { kind: "refused", refusal: limited };
  }
  if (frame.type === "typing") {
    conversation.typing.onTyping(side, frame.on);
    return { kind: "done" };
  }
  if (frame.type === "delivered") {
    const refused = conversation.marks.markInInbox(side, frame.seq, frame.keep === true);
    return refused === undefined ? { kind: "done" } : { kind: "refused", refusal: refused };
  }
  return new Promise((resolve) => {
    conversation.read(side, frame.seq, (outcome) => {
      resolve(outcome.kind === "marked" ? { kind: "done" } : { kind: "refused", refusal: outcome.refusal });
    });
  });
}

/** How a conversation's object stands, for support. */
export async function inspect(conversation: Conversation): Promise<Standing> {
  conversation.replicator.schedule();
  // Until it was compared an object that slept knows nothing of D1.
  await orUndefinedAfter(archiveWaitMs, conversation.replicator.waitUntilCompared());
  const { sequencer, store, replicator, devices, notifier, marks, platform } = conversation;
  const { head, rev } = sequencer.position;
  const { read, flags, failingSinceMs } = sequencer.state;
  const { lag } = replicator;
  const last = store.last();
  return {
    users: [platform.pair.a, platform.pair.b],
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
    owesInboxes: notifier.isRequired,
  };
}
