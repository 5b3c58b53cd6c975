import { engineErrorResponse } from "./request.ts";
import { frameOf, payloadOf, type Frame } from "./packets.ts";

/** python-engineio refuses a payload of more packets (payload.py, `max_decode_packets`). */
const maxPacketsPerPoll = 16;

/** How long a poll waits for the `upgrade` packet that overtook it or did not. */
const probeHoldMs = 100;

interface Poll {
  readonly answer: (response: Response) => void;
  /** It came when the server had said that it may be upgraded. */
  readonly cameDuringProbe: boolean;
}

/** The packets that wait for a poll, and the poll that waits for packets. */
export class Polling {
  readonly #later: (ms: number, run: () => void) => void;
  #frames: Frame[] = [];
  #poll: Poll | undefined;
  #isProbed = false;
  #isFlushing = false;

  constructor(later: (ms: number, run: () => void) => void) {
    this.#later = later;
  }

  get isPending(): boolean {
    return this.#poll !== undefined;
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  send(frame: Frame): void {
    this.#frames.push(frame);
    this.#flush();
  }

  /** A poll, answered as soon as there is a packet. There must be no other one. */
  async poll(): Promise<Response> {
    return new Promise((resolve) => {
      const poll = { answer: resolve, cameDuringProbe: this.#isProbed };
      this.#poll = poll;
      this.#flush();
      if (this.#isProbed) {
        this.#releaseLater();
      }
    });
  }

  /** A probe was answered: the client stops polling once its poll came back, so none is left hanging. */
  probed(): void {
    this.#isProbed = true;
    this.#releaseLater();
  }

  /** The probe led to nothing. */
  unprobed(): void {
    this.#isProbed = false;
  }

  /** Another transport took over: what waits is its, and a poll that came late is told so. */
  handOver(): Frame[] {
    const { cameDuringProbe = false } = this.#poll ?? {};
    this.#answer(cameDuringProbe ? engineErrorResponse("badRequest") : payloadResponse([frameOf("noop")]));
    return this.#frames.splice(0);
  }

  /** The last packet, for the poll that waits, or the next one. */
  end(frame: Frame): void {
    this.#frames.push(frame);
    this.#flushNow();
  }

  // What is sent in one turn goes in one answer.
  #flush(): void {
    if (!this.#isFlushing) {
      this.#isFlushing = true;
      queueMicrotask(() => {
        this.#isFlushing = false;
        this.#flushNow();
      });
    }
  }

  #flushNow(): void {
    if (this.#poll !== undefined && this.#frames.length > 0) {
      this.#answer(payloadResponse(this.#frames.splice(0, maxPacketsPerPoll)));
    }
  }

  #releaseLater(): void {
    const poll = this.#poll;
    this.#later(probeHoldMs, () => {
      if (poll !== undefined && this.#poll === poll && this.#isProbed) {
        this.#answer(payloadResponse([frameOf("noop")]));
      }
    });
  }

  #answer(response: Response): void {
    this.#poll?.answer(response);
    this.#poll = undefined;
  }
}

function payloadResponse(frames: readonly Frame[]): Response {
  return new Response(payloadOf(frames), {
    headers: { "content-type": "text/plain; charset=UTF-8", "cache-control": "no-store" },
  });
}
