import { Batches } from "../sockets/batches.ts";
import type { Socket } from "../sockets/connection.ts";
import { within } from "../sockets/within.ts";
import type { SessionEnd } from "../rpc/session.ts";

/** A call is taken for broken after this and made again; the session drops what it was told before. */
const callTimeoutMs = 10_000;
const maxTries = 3;

export interface SessionSocketPorts {
  /** Hands frames to the session. Whether it is still one of this user's. */
  readonly push: (frames: readonly string[], end: SessionEnd | undefined) => Promise<boolean>;
  readonly keep: (attachment: unknown) => void;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  /** There is no such session any more. */
  readonly gone: () => void;
  /** It cannot be reached, so its client misses something. */
  readonly broken: () => void;
}

/** A Socket.IO session in the place of a socket: frames in order, one call in flight. */
export class SessionSocket implements Socket {
  readonly #ports: SessionSocketPorts;
  readonly #frames: Batches<string | SessionEnd>;
  #end: SessionEnd | undefined;
  #isRetired = false;

  constructor(ports: SessionSocketPorts) {
    this.#ports = ports;
    this.#frames = new Batches((items) => this.#hand(items));
  }

  send(text: string): void {
    this.#frames.add(text);
  }

  close(code: number, reason: string): void {
    this.#end = { code, reason };
    this.#frames.add(this.#end);
  }

  /** The session is gone: nothing is told to it any more. */
  retire(): void {
    this.#isRetired = true;
  }

  /** Tells an end again that could not be told. */
  retryEnd(): void {
    if (this.#end !== undefined && this.#frames.isIdle) {
      this.#frames.add(this.#end);
    }
  }

  serializeAttachment(attachment: unknown): void {
    this.#ports.keep(attachment);
  }

  /** A session watches over its client by itself, and says when that is gone. */
  pingedAtMs(): number {
    return this.#ports.now();
  }

  async drained(): Promise<void> {
    await this.#frames.drained();
  }

  async #hand(items: readonly (string | SessionEnd)[]): Promise<void> {
    if (this.#isRetired) {
      return;
    }
    const frames = items.filter((item) => typeof item === "string");
    const end = items.find((item) => typeof item !== "string");
    const isThere = await this.#push(frames, end);
    if (isThere === undefined && end === undefined) {
      this.#ports.broken();
    } else if (isThere === false || (isThere === true && end !== undefined)) {
      this.#ports.gone();
    }
  }

  async #push(frames: readonly string[], end: SessionEnd | undefined): Promise<boolean | undefined> {
    for (let tries = 1; tries <= maxTries; tries += 1) {
      const isThere = await within(callTimeoutMs, this.#ports.push(frames, end));
      if (isThere !== undefined) {
        return isThere;
      }
      await this.#ports.wait(50 * 2 ** tries);
    }
    return undefined;
  }
}
