import type { Cursors } from "./api.ts";
import { Timer } from "./timer.ts";

/** `delivered` frames of a burst become one. */
const deliveredDelayMs = 100;

type Mark = "read" | "delivered";

export interface MarksPorts {
  /** Whether the frame was handed to the socket. */
  transmit(frame: { type: Mark; seq: number }): boolean;
  /** Marks beyond it are refused. */
  head(): number;
}

/** The four cursors of a conversation, and what this device still has to tell of its own two. They move forward only. */
export class Marks {
  readonly #ports: MarksPorts;
  readonly #cursors = { read: { you: 0, peer: 0 }, delivered: { you: 0, peer: 0 } };
  readonly #wanted = { read: 0, delivered: 0 };
  /** What was told on the socket of now. */
  readonly #told = { read: 0, delivered: 0 };
  readonly #timer = new Timer();

  constructor(ports: MarksPorts) {
    this.#ports = ports;
  }

  get read(): Cursors {
    return { ...this.#cursors.read };
  }

  /** Delivered is never below read (MK3). */
  get delivered(): Cursors {
    const { read, delivered } = this.#cursors;
    return { you: Math.max(read.you, delivered.you), peer: Math.max(read.peer, delivered.peer) };
  }

  /** The server told a cursor; true where it moved. */
  moved(mark: Mark, whose: keyof Cursors, seq: number): boolean {
    const isNews = seq > this.#cursors[mark][whose];
    if (isNews) {
      this.#cursors[mark][whose] = seq;
    }
    return isNews;
  }

  /** What the user has read by this device's account, told or not. */
  get readHere(): number {
    return Math.max(this.#cursors.read.you, this.#wanted.read);
  }

  want(mark: Mark, seq: number): void {
    this.#wanted[mark] = Math.max(this.#wanted[mark], seq);
    if (mark === "read") {
      this.flush();
    } else if (!this.#timer.isSet) {
      this.#timer.set(deliveredDelayMs, () => this.flush());
    }
  }

  /** Tells what the server does not have yet. */
  flush(): void {
    this.#timer.clear();
    this.#tell("read", this.#cursors.read.you);
    this.#tell("delivered", this.delivered.you);
  }

  /** What was told on a socket that is gone, or was refused for the rate, may not have arrived. */
  lost(): void {
    this.#timer.clear();
    this.#told.read = 0;
    this.#told.delivered = 0;
  }

  /** A history with other numbers: the server's cursors count from here on. */
  reset(): void {
    this.lost();
    for (const mark of ["read", "delivered"] as const) {
      this.#wanted[mark] = 0;
      this.#cursors[mark] = { you: 0, peer: 0 };
    }
  }

  #tell(mark: Mark, known: number): void {
    const seq = Math.min(this.#wanted[mark], this.#ports.head());
    if (seq > Math.max(known, this.#told[mark]) && this.#ports.transmit({ type: mark, seq })) {
      this.#told[mark] = seq;
    }
  }
}
