import { frameOf, type Frame } from "./packets.ts";

/** A WebSocket, as a session uses it. */
export interface EngineSocket {
  send(frame: Frame): void;
  close(code: number, reason: string): void;
}

/** How long a client has to go through with it. */
const probeTimeoutMs = 10_000;

const probePing = frameOf("ping", "probe");
const probePong = frameOf("pong", "probe");
const upgrade = frameOf("upgrade");

/** A WebSocket that wants to become the transport of a session that polls: `2probe`, `3probe`, `5`. One at a time. */
export class Probe {
  readonly #later: (ms: number, run: () => void) => void;
  #socket: EngineSocket | undefined;
  #wasAnswered = false;
  readonly #timedOut: () => void;

  constructor(later: (ms: number, run: () => void) => void, timedOut: () => void) {
    this.#later = later;
    this.#timedOut = timedOut;
  }

  get isRunning(): boolean {
    return this.#socket !== undefined;
  }

  begin(socket: EngineSocket): void {
    this.#socket = socket;
    this.#wasAnswered = false;
    this.#later(probeTimeoutMs, () => {
      if (this.cancel(socket)) {
        socket.close(1000, "");
        this.#timedOut();
      }
    });
  }

  /** What a frame of it led to. */
  receive(socket: EngineSocket, frame: string | ArrayBuffer): "answered" | "upgraded" | "failed" | "ignored" {
    if (socket !== this.#socket) {
      return "ignored";
    }
    if (frame === probePing && !this.#wasAnswered) {
      this.#wasAnswered = true;
      socket.send(probePong);
      return "answered";
    }
    this.#socket = undefined;
    if (frame === upgrade && this.#wasAnswered) {
      return "upgraded";
    }
    socket.close(1000, "");
    return "failed";
  }

  /** It is gone. Whether it was the one that tried. */
  cancel(socket: EngineSocket): boolean {
    const wasIt = this.#socket === socket;
    if (wasIt) {
      this.#socket = undefined;
    }
    return wasIt;
  }

  /** The session is over. */
  end(): void {
    this.#socket?.close(1000, "");
    this.#socket = undefined;
  }
}
