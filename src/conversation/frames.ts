import { isWrite, parseClientFrame, type ClientFrame } from "../protocol/client-frame.ts";
import type { Refusal } from "../protocol/errors.ts";
import type { Message } from "../protocol/message.ts";
import { answerRefusal, receive, type Receiver } from "../sockets/receive.ts";
import type { Device } from "./device.ts";
import { receiptFrom, type WriteOutcome } from "./line.ts";
import type { Room } from "./room.ts";

type ActFrame = Exclude<ClientFrame, { type: "auth" }>;

/** Takes one frame of one device's socket. */
export function receiveFrame(room: Room, device: Device, data: string | ArrayBuffer): void {
  receive(receiverFor(room), device, data);
  room.archiver.wake();
}

function receiverFor(room: Room): Receiver<Device, ActFrame> {
  const { limits, now, verifyToken, pair } = room.ports;
  return {
    connections: room.devices,
    limits,
    now,
    verifyToken,
    parse: parseClientFrame,
    act: (device, frame) => act(room, device, frame),
    takeAuth: (device) => room.allowances.takeSignal(device.side),
    userOf: (device) => pair[device.side],
  };
}

function act(room: Room, device: Device, frame: ActFrame): Refusal | undefined {
  const { side } = device;
  if (isWrite(frame)) {
    if (frame.type === "send") {
      room.typing.sent(side, device);
    }
    room.write(side, frame, (outcome) => answerWrite(room, device, frame.id, outcome));
    return undefined;
  }
  const limited = room.allowances.takeSignal(side);
  if (limited !== undefined) {
    return limited;
  }
  if (frame.type === "delivered") {
    return room.marks.mark(device, frame.seq);
  }
  if (frame.type === "typing") {
    room.typing.said(side, frame.on, device);
    return undefined;
  }
  room.read(side, frame.seq, (outcome) => {
    if (outcome.kind === "refused") {
      answerRefusal({ connections: room.devices }, device, outcome.refusal);
    }
  });
  return undefined;
}

function answerWrite(room: Room, device: Device, id: string, outcome: WriteOutcome<Message>): void {
  if (outcome.kind === "refused") {
    answerRefusal({ connections: room.devices }, device, outcome.refusal, { id });
  } else {
    room.devices.send(device, { type: "ack", ...receiptFrom(id, outcome) });
  }
}
