import { refusal, type Refusal } from "../protocol/errors.ts";
import type { InboxServerFrame } from "../protocol/inbox-frame.ts";
import { within } from "../sockets/within.ts";
import { syncedFrame, withdrawnBy } from "./held-frames.ts";
import type { InboxDevice } from "./inbox-device.ts";
import type { InboxConversation, InboxRoom } from "./inbox.ts";
import type { FrameResult } from "../rpc/inbox.ts";

/** A conversation that has not answered by then is asked again by the client, whose live frames wait no longer. */
const syncTimeoutMs = 10_000;

type SyncOutcome = Extract<FrameResult, { kind: "synced" | "refused" }>;

/** Catches a device up with a conversation. Live frames of it wait, so that the device sees it in order. */
export async function catchUp(
  inbox: InboxRoom,
  device: InboxDevice,
  name: string,
  after: number | undefined,
): Promise<SyncOutcome> {
  const conversation = await inbox.ports.open(name);
  if ("code" in conversation) {
    return refused(conversation);
  }
  const { peer } = conversation;
  if (device.held.has(peer)) {
    const message = "a sync of this conversation is under way";
    return refused(refusal("rate_limited", { message, retryAfterMs: 1_000 }));
  }
  const held: InboxServerFrame[] = [];
  // Without a replay nothing has to come before them.
  if (after !== undefined) {
    device.held.set(peer, held);
  }
  let rev = 0;
  try {
    const outcome = await replay(inbox, device, { conversation, after, held });
    rev = outcome.kind === "synced" ? outcome.synced.rev : 0;
    return outcome;
  } finally {
    device.held.delete(peer);
    for (const frame of held) {
      if (frame.type !== "message" || frame.message.rev > rev) {
        inbox.devices.send(device, frame);
      }
    }
  }
}

async function replay(
  { devices }: InboxRoom,
  device: InboxDevice,
  {
    conversation,
    after,
    held,
  }: { conversation: InboxConversation; after: number | undefined; held: readonly InboxServerFrame[] },
): Promise<SyncOutcome> {
  const answer = await within(syncTimeoutMs, conversation.sync(after));
  let outcome = refused(refusal("internal"));
  for (const frame of answer?.frames ?? []) {
    const shown = syncedFrame(withdrawnBy(held, frame), conversation.peer);
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
