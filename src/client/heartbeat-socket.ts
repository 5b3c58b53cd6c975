import { ping, pong } from "../protocol/heartbeat.ts";
import type { Timing } from "./api.ts";
import type { SocketLike } from "./api-platform.ts";
import { Timer } from "./timer.ts";

const openState = 1;

export interface SocketEvents {
  opened(): void;
  received(text: string): void;
  /** Once, and nothing after it. Code 0: nothing answered any more. */
  ended(code: number, reason: string): void;
}

/** One socket from its opening to its end, which it also finds where the network never says so. */
export class HeartbeatSocket {
  readonly #socket: SocketLike;
  readonly #timing: Timing;
  readonly #events: SocketEvents;
  readonly #beat = new Timer();
  readonly #deadline = new Timer();
  #isEstablished = false;
  #isOver = false;

  constructor(socket: SocketLike, timing: Timing, events: SocketEvents) {
    this.#socket = socket;
    this.#timing = timing;
    this.#events = events;
    socket.onopen = () => {
      this.#expectGreeting();
      this.#beatLater();
      events.opened();
    };
    socket.onmessage = ({ data }: { data: unknown }) => {
      if (this.#isEstablished) {
        this.#deadline.clear();
      } else if (data !== pong) {
        // A replay comes before the greeting. The runtime answers pings by itself, also if nothing behind it would greet.
        this.#expectGreeting();
      }
      if (data !== pong) {
        events.received(String(data));
      }
    };
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => this.#end(code, reason);
    // A close follows it.
    socket.onerror = () => {};
    this.#expectAnswer();
  }

  /** The server has greeted the client: from now on only a probe needs an answer. */
  established(): void {
    this.#isEstablished = true;
    this.#deadline.clear();
  }

  /** Whether the text was handed to the platform; it may still be lost. */
  send(text: string): boolean {
    if (this.#isOver) {
      return false;
    }
    if (this.#socket.readyState !== openState) {
      // A socket that is closing may stay so for minutes if the other end is gone, and some platforms never say more.
      this.#expectAnswer();
      return false;
    }
    this.#socket.send(text);
    return true;
  }

  /** Asks for a sign of life; without one in time the socket is over, whether or not it could be asked. */
  probe(): void {
    this.send(ping);
    this.#expectAnswer();
  }

  /** What it says cannot be read: another socket may do better. */
  fail(reason: string): void {
    this.#end(0, reason);
  }

  /** Closes it; no event follows. */
  abandon(): void {
    this.#isOver = true;
    this.#beat.clear();
    this.#deadline.clear();
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    try {
      this.#socket.close(1000);
    } catch {
      // Some platforms throw where it never opened.
    }
  }

  #beatLater(): void {
    this.#beat.set(this.#timing.heartbeatMs, () => {
      this.probe();
      this.#beatLater();
    });
  }

  #expectAnswer(): void {
    if (!this.#isOver && !this.#deadline.isSet) {
      this.#deadline.set(this.#timing.answerMs, () => this.#end(0, "no answer"));
    }
  }

  #expectGreeting(): void {
    this.#deadline.clear();
    this.#expectAnswer();
  }

  #end(code: number, reason: string): void {
    if (this.#isOver) {
      return;
    }
    this.abandon();
    this.#events.ended(code, reason);
  }
}
