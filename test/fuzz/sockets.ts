import { randomUUID } from "node:crypto";
import { decodePacket } from "engine.io-parser";
import { Decoder } from "socket.io-parser";
import { errorCatalogue } from "../../src/protocol/errors.ts";

/** Closes that a hostile client may meet: the catalogue's, a plain one, and Engine.IO's for its size. */
const expectedCloses = new Set<number>([
  1000,
  1009,
  ...Object.values(errorCatalogue).map(({ closeCode }) => closeCode),
]);

const patienceMs = 60_000;

export interface Hostile {
  /** Opens it, with whatever a proper client says first. */
  readonly open: () => Promise<WebSocket>;
  /** How many frames go before their answers are waited for: those behind one that ends the socket are not taken. */
  readonly burst: number;
  /** A proper frame, of which little follows. */
  readonly good: string;
  /** What proves that all before it was taken; its answer contains `mark`. */
  readonly marker: (mark: string) => string;
  /** Why an answer is none of the protocol. */
  readonly faultOf: (text: string) => string | undefined;
}

/** So often a proper frame is among them: too many bad ones in a row would close the socket. */
const goodEvery = 5;

export interface Attacked {
  /** Frames that were taken for sure. */
  readonly taken: number;
  readonly answers: number;
  readonly closes: number;
}

export interface Watch {
  readonly found: (finding: string) => void;
  readonly heard: (text: string) => void;
}

/** Sends frames over one socket, opened again where the Worker closes it. Reports what a server must not do. */
export async function attack(hostile: Hostile, frames: readonly string[], watch: Watch): Promise<Attacked> {
  const total = { taken: 0, answers: 0, closes: 0 };
  let next = 0;
  while (next < frames.length) {
    const session = new Session(await hostile.open(), hostile, watch);
    while (next < frames.length && session.closeCode === undefined) {
      const burst = frames.slice(next, next + hostile.burst);
      await session.send(burst);
      next += burst.length;
      total.taken += session.closeCode === undefined ? burst.length : 0;
    }
    total.answers += session.answers;
    total.closes += session.finish();
  }
  return total;
}

/** One socket, for as long as it lives. */
class Session {
  readonly #socket: WebSocket;
  readonly #hostile: Hostile;
  readonly #watch: Watch;
  #mark = "";
  #wake: () => void = () => undefined;
  answers = 0;
  closeCode: number | undefined;

  constructor(socket: WebSocket, hostile: Hostile, watch: Watch) {
    this.#socket = socket;
    this.#hostile = hostile;
    this.#watch = watch;
    socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    socket.addEventListener("close", ({ code }) => {
      this.closeCode = code;
      this.#wake();
    });
  }

  /** Returns when all of it was taken, or the socket ended. */
  async send(frames: readonly string[]): Promise<void> {
    const taken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#mark = `mark-${randomUUID()}`;
    for (const [index, frame] of frames.entries()) {
      this.#socket.send(frame);
      if (index % goodEvery === 0) {
        this.#socket.send(this.#hostile.good);
      }
    }
    this.#socket.send(this.#hostile.marker(this.#mark));
    const timer = setTimeout(() => {
      this.#watch.found(`no answer for ${patienceMs} ms after ${JSON.stringify(frames).slice(0, 300)}`);
      this.#wake();
    }, patienceMs);
    await taken;
    clearTimeout(timer);
  }

  /** Closes it. Answers whether the Worker had: 1, else 0. */
  finish(): number {
    if (this.closeCode === undefined) {
      this.#socket.close();
      return 0;
    }
    if (!expectedCloses.has(this.closeCode)) {
      this.#watch.found(`closed with ${this.closeCode}`);
    }
    return 1;
  }

  #take(text: string): void {
    this.answers += 1;
    this.#watch.heard(text);
    const fault = this.#hostile.faultOf(text);
    if (fault !== undefined) {
      this.#watch.found(`an answer of no rule: ${fault}: ${text.slice(0, 200)}`);
    }
    if (this.#mark !== "" && text.includes(this.#mark)) {
      this.#wake();
    }
  }
}

/** Why a packet is none of Engine.IO or Socket.IO. */
export function packetFault(text: string): string | undefined {
  const packet = decodePacket(text, "arraybuffer");
  if (packet.type === "error") {
    return "no packet of Engine.IO";
  }
  if (packet.type !== "message") {
    return undefined;
  }
  try {
    new Decoder().add(packet.data);
    return undefined;
  } catch (error) {
    return String(error);
  }
}
