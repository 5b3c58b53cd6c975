import { decodePacket, decodePayload, type Packet } from "engine.io-parser";

/** What a message carries: text, or bytes. */
export type Data = string | Uint8Array;

/** A packet from a client. `data` of a message is text or bytes; of other packets text, where there is some. */
export interface ReceivedPacket {
  readonly type: Packet["type"];
  readonly data?: Data;
}

/** A packet as one frame of a WebSocket: text with its type in front, or the bytes of a message alone. */
export type Frame = string | Uint8Array;

const separator = "\x1e";
const typeDigits = {
  open: "0",
  close: "1",
  ping: "2",
  pong: "3",
  message: "4",
  upgrade: "5",
  noop: "6",
} as const;

/** A frame for a WebSocket. */
export function frameOf(type: keyof typeof typeDigits, data: Data = ""): Frame {
  return typeof data === "string" ? typeDigits[type] + data : data;
}

/** Reads one frame of a WebSocket. Text may carry base64 (`b…`): clients without binary frames send it so. */
export function packetFrom(frame: string | ArrayBuffer): ReceivedPacket {
  return received(decodePacket(frame, "arraybuffer"));
}

/** The body that answers a poll. */
export function payloadOf(frames: readonly Frame[]): string {
  return frames.map((frame) => (typeof frame === "string" ? frame : `b${base64Of(frame)}`)).join(separator);
}

/** Reads the body of a post. */
export function packetsFrom(payload: string): ReceivedPacket[] {
  return decodePayload(payload, "arraybuffer").map(received);
}

// The parser gives bytes as an ArrayBuffer, or in Node as a Buffer.
function received({ type, data }: Packet): ReceivedPacket {
  if (data === undefined || typeof data === "string") {
    return { type, ...(data !== undefined && { data }) };
  }
  return { type, data: new Uint8Array(data as ArrayBuffer) };
}

// The parser's own encoder reads Blobs in its browser build, which is the one that workerd gets.
function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary);
}
