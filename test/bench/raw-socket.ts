import { once } from "node:events";
import { request } from "node:http";
import type { Socket } from "node:net";

/** How long a client waits for the first answer. */
export const patienceMs = 20_000;

/**
 * A WebSocket client that does as little as a client can (RFC 6455): short unfragmented text frames, no extension.
 * Node's own one costs several times what the servers cost that are measured with it.
 */
export class RawSocket {
  readonly #socket: Socket;
  readonly #heard: (text: string) => void;
  #code = 1006;
  #pending: Buffer = Buffer.alloc(0);
  #outgoing: Buffer[] = [];

  private constructor(socket: Socket, heard: (text: string) => void) {
    this.#socket = socket;
    this.#heard = heard;
  }

  /**
   * `heard` gets every text frame, from the very first on; `left` the close code, 1006 where none came. An upgrade that
   * is not answered for `answerWithinMs` fails as one that is refused does.
   */
  static async connect(
    address: string,
    headers: Record<string, string>,
    heard: (text: string) => void,
    left: (code: number) => void = () => undefined,
    answerWithinMs = patienceMs,
  ): Promise<RawSocket> {
    const upgrade = request(address, {
      headers: {
        ...headers,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
      },
    });
    const timer = setTimeout(() => upgrade.destroy(new Error("no answer")), answerWithinMs);
    upgrade.end();
    const refused = once(upgrade, "response").then(([response]) => {
      upgrade.destroy();
      throw new Error(
        `the upgrade was answered with ${String((response as { statusCode: number }).statusCode)}`,
      );
    });
    const answered = Promise.race([once(upgrade, "upgrade"), refused]).finally(() => clearTimeout(timer));
    const [, socket, head] = (await answered) as [unknown, Socket, Buffer];
    socket.setNoDelay(true);
    const client = new RawSocket(socket, heard);
    socket.on("data", (chunk: Buffer) => client.#take(chunk));
    // A socket that ends early shows as frames that are missing.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => left(client.#code));
    client.#take(head);
    return client;
  }

  /** Frames of one turn leave in one write. */
  send(text: string): void {
    if (this.#outgoing.length === 0) {
      queueMicrotask(() => this.#flush());
    }
    this.#outgoing.push(frameOf(text));
  }

  close(): void {
    this.#socket.end(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]));
    this.#socket.resume();
  }

  #flush(): void {
    this.#socket.write(
      this.#outgoing.length === 1 ? (this.#outgoing[0] as Buffer) : Buffer.concat(this.#outgoing),
    );
    this.#outgoing = [];
  }

  #take(chunk: Buffer): void {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let at = 0;
    for (;;) {
      const frame = frameAt(bytes, at);
      if (frame === undefined) {
        break;
      }
      if (frame.opcode === 1) {
        this.#heard(bytes.toString("utf8", frame.start, frame.end));
      } else if (frame.opcode === 8 && frame.end - frame.start >= 2) {
        this.#code = bytes.readUInt16BE(frame.start);
      }
      at = frame.end;
    }
    this.#pending = bytes.subarray(at);
  }
}

// Masked with zeros, which leave the payload as it is.
function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const start = length < 126 ? 6 : 8;
  const frame = Buffer.alloc(start + length);
  frame[0] = 0x81;
  if (length < 126) {
    frame[1] = 0x80 | length;
  } else {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.write(text, start);
  return frame;
}

function frameAt(bytes: Buffer, at: number): { opcode: number; start: number; end: number } | undefined {
  if (bytes.length < at + 2) {
    return undefined;
  }
  const opcode = bytes.readUInt8(at) & 0x0f;
  const short = bytes.readUInt8(at + 1) & 0x7f;
  const start = at + (short < 126 ? 2 : 4);
  if (short === 127) {
    throw new Error("a frame of 64 KiB or more");
  }
  if (bytes.length < start) {
    return undefined;
  }
  const end = start + (short < 126 ? short : bytes.readUInt16BE(at + 2));
  return bytes.length < end ? undefined : { opcode, start, end };
}
