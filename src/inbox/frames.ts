import { isWrite } from "../protocol/client-frame.ts";
import { formFault } from "../protocol/content.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import { fixedLimits } from "../protocol/limits.ts";
import { parseInboxFrame } from "../protocol/inbox-frame.ts";
import { sendError, receive, type FrameHandler } from "../websocket/frame-handler.ts";
import { catchUp } from "./catch-up.ts";
import { newAmong } from "./presence-subscriptions.ts";
import type { InboxDevice } from "./device.ts";
import type { UserInbox } from "./inbox.ts";
import type { FrameResult, UserFrame, SessionFrame } from "../rpc/inbox.ts";

/** `isBurst`: the send is exempt from the conversation's rate limit. */
type CountedFrame = UserFrame & { readonly isBurst?: boolean };
type Write = Extract<UserFrame, { type: "send" | "edit" | "delete" | "react" }>;

/** Takes one frame of one inbox socket. */
export function receiveInboxFrame(inbox: UserInbox, device: InboxDevice, data: string | ArrayBuffer): void {
  receive(receiverFor(inbox), device, data);
}

function receiverFor(inbox: UserInbox): FrameHandler<InboxDevice, UserFrame> {
  const { limits, now, verifyToken, user } = inbox.platform;
  return {
    connections: inbox.devices,
    limits,
    now,
    verifyToken,
    parse: parseInboxFrame,
    act: (device, frame) => {
      handleFrame(inbox, device, frame, (answer) => respond(inbox, device, frame, answer));
      return undefined;
    },
    takeAuth: () => takeFrames(inbox, 1),
    userOf: () => user,
  };
}

/** Does what the client of a Socket.IO session says. A page of history is only counted here. */
export function handleSessionFrame(
  inbox: UserInbox,
  device: InboxDevice,
  frame: SessionFrame,
): Promise<FrameResult> {
  const error = inbox.devices.accessError(device) ?? (device.isOpen ? undefined : "token_expired");
  if (error !== undefined) {
    inbox.devices.end(device, error);
    return Promise.resolve({ kind: "refused", refusal: refusal(error) });
  }
  device.heardAtMs = inbox.platform.now();
  if (frame.type === "history") {
    const limited = takeFrames(inbox, 1);
    return Promise.resolve(limited === undefined ? { kind: "done" } : { kind: "refused", refusal: limited });
  }
  return new Promise((resolve) => {
    handleFrame(inbox, device, countedFrame(inbox, device, frame), resolve);
  });
}

// Clients of the replaced app send what they kept while they were away as soon as they are connected again.
function countedFrame(
  inbox: UserInbox,
  device: InboxDevice,
  frame: Exclude<SessionFrame, { type: "history" }>,
): CountedFrame {
  if (frame.type !== "send" || frame.isPrivateDm !== true) {
    return frame;
  }
  const { isPrivateDm, ...sent } = frame;
  const nowMs = inbox.platform.now();
  const isNew = nowMs - device.kept.connectedAtMs < fixedLimits.privateDmBurstWindowMs;
  return isPrivateDm && isNew && inbox.privateDmBurst.take(nowMs) === 0 ? { ...sent, isBurst: true } : sent;
}

/** Does what a frame says, and tells what became of it once that is durable. */
export function handleFrame(
  inbox: UserInbox,
  device: InboxDevice,
  frame: CountedFrame,
  onResult: (answer: FrameResult) => void,
): void {
  const refuse = (reason: Refusal) => onResult({ kind: "refused", refusal: reason });
  const refused = takeFrames(
    inbox,
    frame.type === "subscribe" ? 1 + newAmong(device, frame.peers).length : 1,
  );
  if (refused !== undefined) {
    refuse(refused);
  } else if (frame.type === "subscribe") {
    void inbox.subscriptions
      .subscribe(device, frame.peers)
      .then((reason) => (reason === undefined ? onResult({ kind: "done" }) : refuse(reason)));
  } else if (frame.peer === inbox.platform.user) {
    refuse(refusal("bad_peer", { field: "peer", message: "you cannot write to yourself" }));
  } else if (isStillTyping(inbox, device, frame)) {
    onResult({ kind: "done" });
  } else if (frame.type === "sync") {
    void catchUp(inbox, device, frame.peer, frame.after).then(onResult, () => refuse(refusal("internal")));
  } else {
    forward(inbox, device, frame, onResult);
  }
}

function forward(
  inbox: UserInbox,
  device: InboxDevice,
  frame: Exclude<CountedFrame, { type: "sync" | "subscribe" }>,
  onResult: (answer: FrameResult) => void,
): void {
  const { peer: name, ...act } = frame;
  // Judged before it travels: what writes values between objects recurses without a bound.
  const fault = isWrite(act) ? formFault(act) : undefined;
  if (fault !== undefined) {
    onResult({ kind: "refused", refusal: fault });
    return;
  }
  inbox.forward(name, act, (answer, peer) => {
    if (answer.kind === "sent") {
      onResult({ kind: "sent", peer, receipt: answer.receipt });
      return;
    }
    if (answer.kind === "done" && frame.type === "delivered") {
      rememberMark(inbox, device, frame);
    }
    onResult(answer);
  });
}

/** Notes what the frame says about typing. True if typing ended on this device but the user still types on another. */
function isStillTyping(inbox: UserInbox, device: InboxDevice, frame: UserFrame): boolean {
  if (frame.type === "send") {
    device.rememberTyping(frame.peer, undefined);
  } else if (frame.type === "typing") {
    device.rememberTyping(frame.peer, frame.on ? inbox.platform.now() : undefined);
    return !frame.on && inbox.isTyping(frame.peer);
  }
  return false;
}

// A device that left remembers nothing: the conversation does.
function rememberMark(
  inbox: UserInbox,
  device: InboxDevice,
  { peer, seq }: { readonly peer: string; readonly seq: number },
): void {
  const displaced = device.isOpen ? device.rememberMark(peer, seq) : { peer, seq };
  if (displaced !== undefined) {
    inbox.forward(displaced.peer, { type: "delivered", seq: displaced.seq, keep: true }, () => undefined);
  }
}

/** Answers a frame on its own socket. */
function respond(inbox: UserInbox, device: InboxDevice, frame: UserFrame, answer: FrameResult): void {
  if (answer.kind === "sent") {
    // Not before its message, which waits where the device is being caught up with.
    const { peer } = frame as Write;
    inbox.send(device, answer.peer, { type: "ack", peer, ...answer.receipt });
  } else if (answer.kind === "refused") {
    sendError({ connections: inbox.devices }, device, answer.refusal, {
      ...("peer" in frame && { peer: frame.peer }),
      ...(isWrite(frame) && { id: frame.id }),
    });
  }
}

/** Counts frames of a user, over all their inbox sockets and sessions. */
export function takeFrames({ allowance, platform }: UserInbox, count: number): Refusal | undefined {
  let retryAfterMs = 0;
  for (let taken = 0; taken < count && retryAfterMs === 0; taken += 1) {
    retryAfterMs = allowance.take(platform.now());
  }
  return retryAfterMs === 0 ? undefined : refusal("rate_limited", { retryAfterMs });
}
