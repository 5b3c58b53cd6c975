import { refusal, type Refusal } from "../protocol/errors.ts";
import type { InboxServerFrame } from "../protocol/inbox-frame.ts";
import { orUndefinedAfter } from "../lib/timeout.ts";
import { syncedFrame, redactDeleted } from "./replay-buffer.ts";
import type { InboxDevice } from "./device.ts";
import type { InboxConversation, UserInbox } from "./inbox.ts";
import type { FrameResult } from "../rpc/inbox.ts";

/** A conversation that has not answered by then is asked again by the client, whose live frames wait no longer. */
const syncTimeoutMs = 10_000;

type SyncOutcome = Extract<FrameResult, { kind: "synced" | "refused" }>;

/** Catches a device up with a conversation. Live frames of it wait, so that the device sees it in order. */
export async function catchUp(
  inbox: UserInbox,
  device: InboxDevice,
  name: string,
  after: number | undefined,
): Promise<SyncOutcome> {
  const conversation = await inbox.platform.open(name);
  if ("code" in conversation) {
    return refused(conversation);
  }
  const { peer } = conversation;
  if (device.buffers.has(peer)) {
    const message = "a sync of this conversation is under way";
    return refused(refusal("rate_limited", { message, retryAfterMs: 1_000 }));
  }
  const buffer: InboxServerFrame[] = [];
  // Without a replay nothing has to come before them.
  if (after !== undefined) {
    device.buffers.set(peer, buffer);
  }
  let rev = 0;
  try {
    const outcome = await replay(inbox, device, { conversation, after, buffer });
    rev = outcome.kind === "synced" ? outcome.synced.rev : 0;
    return outcome;
  } finally {
    device.buffers.delete(peer);
    for (const frame of buffer) {
      if (frame.type !== "message" || frame.message.rev > rev) {
        inbox.devices.send(device, frame);
      }
    }
  }
}

async function replay(
  { devices }: UserInbox,
  device: InboxDevice,
  {
    conversation,
    after,
    buffer,
  }: { conversation: InboxConversation; after: number | undefined; buffer: readonly InboxServerFrame[] },
): Promise<SyncOutcome> {
  const answer = await orUndefinedAfter(syncTimeoutMs, conversation.replay(after));
  let outcome = refused(refusal("internal"));
  for (const frame of answer?.frames ?? []) {
    const shown = syncedFrame(redactDeleted(buffer, frame), conversation.peer);
    if (shown.type === "error") {
      const { code, message, retryAfterMs } = shown;
      return refused(refusal(code, { message, ...(retryAfterMs !== undefined && { retryAfterMs }) }));
    }
    if (shown.type === "synced") {
      outcome = { kind: "synced", synced: shown };
    }
    devices.send(device, shown);
  }
  return outcome;
}

function refused(reason: Refusal): SyncOutcome {
  return { kind: "refused", refusal: reason };
}
