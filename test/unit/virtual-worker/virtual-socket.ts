const openState = 1;
const closedState = 3;

/** What happens at one end of a socket. */
export interface SocketHandler {
  text(text: string): void;
  closed(code: number, reason: string): void;
}

/** One end of a socket pair, with what the Worker and its objects call of a WebSocket. Nothing takes time in it. */
export class VirtualSocket {
  readyState = openState;
  other: VirtualSocket | undefined;
  #handler: SocketHandler | undefined;
  #waiting: ((handler: SocketHandler) => void)[] = [];
  #attachment: unknown;

  /** What came before is handled now. */
  handle(handler: SocketHandler): void {
    this.#handler = handler;
    const waiting = this.#waiting;
    this.#waiting = [];
    waiting.forEach((happen) => happen(handler));
  }

  accept(): void {}

  send(text: string): void {
    if (this.readyState !== openState) {
      throw new Error("the socket is closed");
    }
    this.other?.happens((handler) => handler.text(text));
  }

  close(code = 1005, reason = ""): void {
    if (this.readyState === openState) {
      this.readyState = closedState;
      this.other?.ended(code, reason);
    }
  }

  /** The other end closed, or the network did. */
  ended(code: number, reason: string): void {
    if (this.readyState === openState) {
      this.readyState = closedState;
      this.happens((handler) => handler.closed(code, reason));
    }
  }

  happens(happen: (handler: SocketHandler) => void): void {
    if (this.#handler === undefined) {
      this.#waiting.push(happen);
    } else {
      happen(this.#handler);
    }
  }

  serializeAttachment(value: unknown): void {
    this.#attachment = structuredClone(value);
  }

  deserializeAttachment(): unknown {
    return structuredClone(this.#attachment);
  }
}

/** The platform's `WebSocketPair`. */
export class VirtualSocketPair {
  readonly 0 = new VirtualSocket();
  readonly 1 = new VirtualSocket();

  constructor() {
    this[0].other = this[1];
    this[1].other = this[0];
  }
}
