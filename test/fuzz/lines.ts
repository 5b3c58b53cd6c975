import type { Judge } from "./answers.ts";
import { fetched } from "./fetched.ts";

/** Text, or bytes. */
export type Frame = string | Uint8Array<ArrayBuffer>;

/** A way to send frames and to hear answers: a WebSocket, or polls and posts of Engine.IO. */
export interface Line {
  send(frames: readonly Frame[]): void;
  close(): void;
}

/** Who hears of a line. */
export interface Listener {
  readonly answered: (text: string) => void;
  readonly ended: (code: number) => void;
}

export type Dial = (listener: Listener) => Promise<Line>;

/** A WebSocket, with what a proper client says first. */
export function webSocketTo(address: string, protocols: string[], first?: string): Dial {
  return ({ answered, ended }) =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(address, protocols);
      socket.addEventListener("open", () => {
        if (first !== undefined) {
          socket.send(first);
        }
        resolve({
          send: (frames) => frames.forEach((frame) => socket.send(frame)),
          close: () => socket.close(),
        });
      });
      socket.addEventListener("message", ({ data }) => answered(String(data)));
      socket.addEventListener("close", ({ code }) => ended(code));
      socket.addEventListener("error", () => reject(new Error(`no socket at ${address}`)));
    });
}

const separator = "\x1e";

/** An Engine.IO session that polls. `noise`: what stands behind the parameters that count. */
export function pollingAt(address: string, noise: () => string, first: string, judge: Judge): Dial {
  return async (listener) => {
    const response = await fetched(address);
    const [opening = ""] = (await judge("GET", address, response)).split(separator);
    const { sid } = JSON.parse(opening.slice(1)) as { sid: string };
    const line = new PollingLine(() => `${address}&sid=${sid}${noise()}`, listener, judge);
    line.send([first]);
    void line.poll();
    return line;
  };
}

class PollingLine implements Line {
  readonly #address: () => string;
  readonly #listener: Listener;
  readonly #judge: Judge;
  #posting = Promise.resolve();
  #isOver = false;

  constructor(address: () => string, listener: Listener, judge: Judge) {
    this.#address = address;
    this.#listener = listener;
    this.#judge = judge;
  }

  /** All in one payload. One post at a time: a second one would end the session. */
  send(frames: readonly Frame[]): void {
    const payload = frames
      .map((frame) => (typeof frame === "string" ? frame : `b${Buffer.from(frame).toString("base64")}`))
      .join(separator);
    this.#posting = this.#posting.then(() => this.#post(payload));
  }

  close(): void {
    this.#isOver = true;
    this.#posting = this.#posting.then(() => this.#post("1"));
  }

  /** Hears until the session is over. */
  async poll(): Promise<void> {
    while (!this.#isOver) {
      const { status, text } = await this.#exchange("GET");
      if (status !== 200) {
        this.#end();
        return;
      }
      for (const packet of text.split(separator)) {
        this.#listener.answered(packet);
        if (packet === "1") {
          this.#end();
        }
      }
    }
  }

  // A refused payload says so, and its session may live on or not: another one is begun.
  async #post(payload: string): Promise<void> {
    const { status } = await this.#exchange("POST", payload);
    if (status !== 200) {
      this.#end();
    }
  }

  async #exchange(
    method: string,
    body?: string,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const address = this.#address();
    try {
      const response = await fetched(address, { method, ...(body !== undefined && { body }) });
      const text = await this.#judge(method, address, response);
      return { status: response.status, text };
    } catch (error) {
      this.#end(0);
      return { status: 0, text: String(error) };
    }
  }

  #end(code = 1000): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#listener.ended(code);
    }
  }
}
