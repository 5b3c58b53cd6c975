import { isWrite, parseClientFrame, type ClientFrame } from "../protocol/client-frame.ts";
import type { Refusal } from "../protocol/errors.ts";
import type { Message } from "../protocol/message.ts";
import { sendError, receive, type FrameHandler } from "../websocket/frame-handler.ts";
import { receiptFrom, type WriteOutcome } from "./sequencer.ts";
import type { Conversation } from "./conversation.ts";
import type { Device } from "./devices.ts";

type ActFrame = Exclude<ClientFrame, { type: "auth" }>;

/** Takes one frame of one device's socket. */
export function receiveFrame(conversation: Conversation, device: Device, data: string | ArrayBuffer): void {
  receive(receiverFor(conversation), device, data);
  conversation.replicator.schedule();
}

function receiverFor(conversation: Conversation): FrameHandler<Device, ActFrame> {
  const { limits, now, verifyToken, pair } = conversation.platform;
  return {
    connections: conversation.devices,
    limits,
    now,
    verifyToken,
    parse: parseClientFrame,
    act: (device, frame) => act(conversation, device, frame),
    takeAuth: (device) => conversation.allowances.takeSignal(device.side),
    userOf: (device) => pair[device.side],
  };
}

function act(conversation: Conversation, device: Device, frame: ActFrame): Refusal | undefined {
  const { side } = device;
  if (isWrite(frame)) {
    if (frame.type === "send") {
      conversation.typing.onSent(side, device);
    }
    conversation.write(side, frame, (outcome) => answerWrite(conversation, device, frame.id, outcome));
    return undefined;
  }
  const limited = conversation.allowances.takeSignal(side);
  if (limited !== undefined) {
    return limited;
  }
  if (frame.type === "delivered") {
    return conversation.marks.mark(device, frame.seq);
  }
  if (frame.type === "typing") {
    conversation.typing.onTyping(side, frame.on, device);
    return undefined;
  }
  conversation.read(side, frame.seq, (outcome) => {
    if (outcome.kind === "refused") {
      sendError({ connections: conversation.devices }, device, outcome.refusal);
    }
  });
  return undefined;
}

function answerWrite(
  conversation: Conversation,
  device: Device,
  id: string,
  outcome: WriteOutcome<Message>,
): void {
  if (outcome.kind === "refused") {
    sendError({ connections: conversation.devices }, device, outcome.refusal, { id });
  } else {
    conversation.devices.send(device, { type: "ack", ...receiptFrom(id, outcome) });
  }
}
