const textOpcode = 1;
const headBytes = 2;
const maskBytes = 4;

/** One WebSocket frame (RFC 6455, 5.2) as it came. */
export interface WireFrame {
  readonly bytes: Buffer;
  /** What it says, where it is a whole text message; a client's is masked and not unmasked here. */
  readonly text: string | undefined;
}

/** Cuts a stream of bytes into frames, wherever its chunks end. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): WireFrame[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: WireFrame[] = [];
    for (let length = this.#wholeLength(); length !== undefined; length = this.#wholeLength()) {
      frames.push(frameOf(this.#rest.subarray(0, length)));
      this.#rest = this.#rest.subarray(length);
    }
    return frames;
  }

  /** Bytes of the first frame; undefined while it is not all there. */
  #wholeLength(): number | undefined {
    const place = payloadPlace(this.#rest);
    const length = place === undefined ? Infinity : place.start + place.length;
    return this.#rest.length >= length ? length : undefined;
  }
}

/** A text as a server sends it; `mask` as a client does, with zeros. */
export function textFrame(text: string, mask = false): Buffer {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? Buffer.from([0x80 | textOpcode, payload.length])
      : Buffer.from([0x80 | textOpcode, 126, payload.length >> 8, payload.length & 0xff]);
  if (mask) {
    head[1] = (head[1] ?? 0) | 0x80;
  }
  return Buffer.concat([head, Buffer.alloc(mask ? maskBytes : 0), payload]);
}

function frameOf(bytes: Buffer): WireFrame {
  const isText = bytes[0] === (0x80 | textOpcode);
  return { bytes, text: isText ? bytes.toString("utf8", payloadPlace(bytes)?.start) : undefined };
}

function payloadPlace(bytes: Buffer): { readonly start: number; readonly length: number } | undefined {
  if (bytes.length < headBytes) {
    return undefined;
  }
  const short = (bytes[1] ?? 0) & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (bytes.length < headBytes + lengthBytes) {
    return undefined;
  }
  // Frames of six bytes of length are not of this world, so the two above them are zero.
  const length =
    lengthBytes === 0
      ? short
      : bytes.readUIntBE(headBytes + Math.max(0, lengthBytes - 6), Math.min(lengthBytes, 6));
  return { start: headBytes + lengthBytes + (isMaskedHead(bytes) ? maskBytes : 0), length };
}

function isMaskedHead(bytes: Buffer): boolean {
  return ((bytes[1] ?? 0) & 0x80) !== 0;
}
