import { randomUUID } from "node:crypto";
import type * as z from "zod";
import { serverFrameSchema, type ackSchema, type ServerFrame } from "../protocol/server-frame.ts";
import { bearerPrefix, protocolVersion } from "../protocol/version.ts";

type Ack = z.infer<typeof ackSchema>;
const patienceMs = 10_000;

/** One user's socket in one conversation, as small as a client can be: no reconnecting, no outbox. */
export class DemoClient {
  readonly #socket: WebSocket;
  readonly #frames: ServerFrame[] = [];
  readonly #waiting = new Set<() => void>();
  #rev = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const frame = serverFrameSchema.parse(JSON.parse(String(data)));
      this.#rev =
        frame.type === "message" ? frame.message.rev : frame.type === "ready" ? frame.rev : this.#rev;
      this.#frames.push(frame);
      this.#look();
    });
    socket.addEventListener("close", () => this.#look());
  }

  static async connect(url: string, peer: string, token: string): Promise<DemoClient> {
    const address = `${url.replace(/^http/, "ws")}/v1/conversations/${encodeURIComponent(peer)}/socket?after=0`;
    const client = new DemoClient(new WebSocket(address, [protocolVersion, bearerPrefix + token]));
    await client.#first((frame) => (frame.type === "ready" ? frame : undefined));
    return client;
  }

  /** Returns once the message is durable. */
  send(text: string): Promise<Ack> {
    const id = randomUUID();
    this.#socket.send(JSON.stringify({ type: "send", id, after: this.#rev, text }));
    return this.#first((frame) => {
      if (frame.type === "error" && frame.id === id) {
        throw new Error(`the send was refused: ${frame.code}, ${frame.message}`);
      }
      return frame.type === "ack" && frame.id === id ? frame : undefined;
    });
  }

  /** The texts of the first `count` messages, in the order they came. */
  async received(count: number): Promise<string[]> {
    const texts = () =>
      this.#frames.flatMap((frame) => (frame.type === "message" ? [frame.message.text] : []));
    await this.#first(() => (texts().length >= count ? true : undefined));
    return texts();
  }

  close(): void {
    this.#socket.close(1000);
  }

  #first<T>(pick: (frame: ServerFrame) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => finish(() => reject(new Error("no answer within ten seconds"))),
        patienceMs,
      );
      const look = (): void => {
        try {
          const found = this.#frames.map(pick).find((value) => value !== undefined);
          if (found !== undefined) {
            finish(() => resolve(found));
          } else if (this.#socket.readyState === WebSocket.CLOSED) {
            finish(() => reject(new Error("the socket closed")));
          }
        } catch (error) {
          finish(() => reject(error instanceof Error ? error : new Error("the answer cannot be read")));
        }
      };
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of this.#waiting) {
      look();
    }
  }
}
