import { randomUUID } from "node:crypto";
import { closeFault } from "./answers.ts";
import type { Volley } from "./generators.ts";
import type { Dial, Line } from "./lines.ts";
import type { Supply } from "./seeds.ts";
import type { Watch } from "./watch.ts";

const patienceMs = 60_000;

export interface Hostile {
  /** Opens it, with whatever a proper client says first. */
  readonly dial: Dial;
  /** How many volleys go before their answers are waited for. */
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

/** How many frames may be sent for one that is settled: behind one that ended its socket nothing is taken. */
const mostSentPerSettled = 2;

export interface Attacked {
  readonly sent: number;
  /** Frames that the server took for sure: what came after them was answered, or they ended their socket. */
  readonly settled: number;
  readonly answers: number;
  readonly closes: number;
}

/** Sends frames until so many are settled, over one socket that is opened again where the Worker closes it. Reports what a server must not do. */
export async function attack(
  hostile: Hostile,
  supply: Supply<Volley>,
  wanted: number,
  watch: Watch,
): Promise<Attacked> {
  const total = { sent: 0, settled: 0, answers: 0, closes: 0 };
  const isDone = () => total.settled >= wanted || total.sent >= mostSentPerSettled * wanted;
  let isAnswering = true;
  while (isAnswering && !isDone()) {
    const session = new Session(hostile, watch);
    isAnswering = await session.open();
    while (isAnswering && !isDone() && session.closeCode === undefined) {
      const burst = nextBurst(supply, Math.min(hostile.burst, wanted - total.settled));
      const frames = burst.reduce((sum, volley) => sum + volley.frames.length, 0);
      total.sent += frames;
      isAnswering = await session.send(burst);
      total.settled += session.isSettled ? frames : 0;
    }
    total.answers += session.answers;
    total.closes += session.finish();
  }
  if (total.settled < wanted) {
    watch.found(`of ${total.sent} frames only ${total.settled} were settled`);
  }
  return total;
}

/** One that may end its socket goes alone, so that the end is its answer. */
function nextBurst(supply: Supply<Volley>, most: number): Volley[] {
  if (supply.peek().mayEnd) {
    return [supply.take()];
  }
  const burst: Volley[] = [];
  while (burst.length < most && !supply.peek().mayEnd) {
    burst.push(supply.take());
  }
  return burst;
}

/** One socket, for as long as it lives. */
class Session {
  readonly #hostile: Hostile;
  readonly #watch: Watch;
  #line: Line | undefined;
  #mark = "";
  #wake: () => void = () => undefined;
  answers = 0;
  /** Whether all that was sent last was taken for sure. */
  isSettled = false;
  closeCode: number | undefined;

  constructor(hostile: Hostile, watch: Watch) {
    this.#hostile = hostile;
    this.#watch = watch;
  }

  /** Whether it opened. */
  async open(): Promise<boolean> {
    try {
      this.#line = await this.#hostile.dial({
        answered: (text) => this.#take(text),
        ended: (code) => {
          this.closeCode = code;
          this.#wake();
        },
      });
      return true;
    } catch (error) {
      this.#watch.found(String(error));
      return false;
    }
  }

  /** Returns when all of it was taken, or the socket ended. Answers false where neither comes. */
  async send(burst: readonly Volley[]): Promise<boolean> {
    const { promise: woken, resolve: wake } = Promise.withResolvers<boolean>();
    this.#wake = () => wake(true);
    this.#mark = `mark-${randomUUID()}`;
    this.isSettled = false;
    const frames = burst.flatMap((volley, index) =>
      index % goodEvery === 0 ? [...volley.frames, this.#hostile.good] : volley.frames,
    );
    this.#line?.send([...frames, this.#hostile.marker(this.#mark)]);
    const timer = setTimeout(() => {
      this.#watch.found(`no answer for ${patienceMs} ms after ${JSON.stringify(frames).slice(0, 300)}`);
      wake(false);
    }, patienceMs);
    const wasAnswered = await woken;
    clearTimeout(timer);
    this.isSettled ||= this.closeCode !== undefined && burst.length === 1;
    return wasAnswered;
  }

  /** Closes it. Answers whether the Worker had: 1, else 0. */
  finish(): number {
    if (this.closeCode === undefined) {
      this.#line?.close();
      return 0;
    }
    const fault = closeFault(this.closeCode);
    if (fault !== undefined) {
      this.#watch.found(fault);
    }
    return 1;
  }

  #take(text: string): void {
    this.answers += 1;
    this.#watch.heard("a frame", text);
    const fault = this.#hostile.faultOf(text);
    if (fault !== undefined) {
      this.#watch.found(`an answer of no rule: ${fault}: ${text.slice(0, 200)}`);
    }
    if (this.#mark !== "" && text.includes(this.#mark)) {
      this.isSettled = true;
      this.#wake();
    }
  }
}
