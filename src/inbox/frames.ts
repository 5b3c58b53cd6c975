import type { ActAnswer } from "../conversation/inbox-callers.ts";
import { isWrite } from "../protocol/client-frame.ts";
import { contentFault } from "../protocol/content.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import { parseInboxFrame, type InboxClientFrame } from "../protocol/inbox-frame.ts";
import { answerRefusal, receive, type Receiver } from "../sockets/receive.ts";
import { newAmong } from "./following.ts";
import type { InboxDevice } from "./inbox-device.ts";
import type { InboxRoom } from "./inbox.ts";

type ActFrame = Exclude<InboxClientFrame, { type: "auth" }>;

/** Takes one frame of one inbox socket. */
export function receiveInboxFrame(inbox: InboxRoom, device: InboxDevice, data: string | ArrayBuffer): void {
  receive(receiverFor(inbox), device, data);
}

function receiverFor(inbox: InboxRoom): Receiver<InboxDevice, ActFrame> {
  const { limits, now, verifyToken, user } = inbox.ports;
  return {
    connections: inbox.devices,
    limits,
    now,
    verifyToken,
    parse: parseInboxFrame,
    act: (device, frame) => {
      actOn(inbox, device, frame);
      return undefined;
    },
    takeAuth: () => takeFrames(inbox, 1),
    userOf: () => user,
  };
}

function actOn(inbox: InboxRoom, device: InboxDevice, frame: ActFrame): void {
  const refused = takeFrames(
    inbox,
    frame.type === "subscribe" ? 1 + newAmong(device, frame.peers).length : 1,
  );
  if (refused !== undefined) {
    refuse(inbox, device, frame, refused);
  } else if (frame.type === "subscribe") {
    void inbox.following
      .subscribe(device, frame.peers)
      .then((reason) => refuse(inbox, device, frame, reason));
  } else if (frame.peer === inbox.ports.user) {
    refuse(
      inbox,
      device,
      frame,
      refusal("bad_peer", { field: "peer", message: "you cannot write to yourself" }),
    );
  } else if (frame.type === "sync") {
    const failed = refusal("internal");
    void inbox.sync(device, frame.peer, frame.after).then(
      (reason) => refuse(inbox, device, frame, reason),
      () => refuse(inbox, device, frame, failed),
    );
  } else {
    pass(inbox, device, frame);
  }
}

function pass(
  inbox: InboxRoom,
  device: InboxDevice,
  frame: Exclude<ActFrame, { type: "sync" | "subscribe" }>,
): void {
  const { peer, ...act } = frame;
  // Judged before it travels: what writes values between objects recurses without a bound.
  const fault = isWrite(act) ? contentFault(act, inbox.ports.limits) : undefined;
  if (fault !== undefined) {
    refuse(inbox, device, frame, fault);
    return;
  }
  inbox.act(peer, act, (answer, user) => {
    if (answer.kind === "sent") {
      // Not before its message, which waits where the device is being caught up with.
      inbox.send(device, user, { type: "ack", peer, ...answer.receipt });
    } else {
      answerAct(inbox, device, frame, answer);
    }
  });
}

function answerAct(
  inbox: InboxRoom,
  device: InboxDevice,
  frame: Exclude<ActFrame, { type: "sync" | "subscribe" }>,
  answer: ActAnswer,
): void {
  const { peer } = frame;
  if (answer.kind === "refused") {
    refuse(inbox, device, frame, answer.refusal);
  } else if (frame.type === "delivered" && !device.isOpen) {
    inbox.act(peer, { type: "delivered", seq: frame.seq, keep: true }, () => undefined);
  } else if (frame.type === "delivered") {
    const displaced = device.rememberMark(peer, frame.seq);
    if (displaced !== undefined) {
      inbox.act(displaced.peer, { type: "delivered", seq: displaced.seq, keep: true }, () => undefined);
    }
  }
}

function refuse(inbox: InboxRoom, device: InboxDevice, frame: ActFrame, reason: Refusal | undefined): void {
  if (reason !== undefined) {
    answerRefusal({ connections: inbox.devices }, device, reason, {
      ...("peer" in frame && { peer: frame.peer }),
      ...(isWrite(frame) && { id: frame.id }),
    });
  }
}

function takeFrames({ allowance, ports }: InboxRoom, count: number): Refusal | undefined {
  let retryAfterMs = 0;
  for (let taken = 0; taken < count && retryAfterMs === 0; taken += 1) {
    retryAfterMs = allowance.take(ports.now());
  }
  return retryAfterMs === 0 ? undefined : refusal("rate_limited", { retryAfterMs });
}
