import { refusal } from "../protocol/errors.ts";
import { SerialBatcher } from "../lib/serial-batcher.ts";
import type { FrameResult, SessionFrame } from "../rpc/inbox.ts";

const maxTries = 3;

interface InboxLinePorts {
  readonly take: (frames: readonly SessionFrame[]) => Promise<readonly FrameResult[] | undefined>;
  readonly wait: (ms: number) => Promise<void>;
  /** The inbox does not know the session any more. */
  readonly lost: () => void;
}

interface Errand {
  readonly frame: SessionFrame;
  readonly answered: (answer: FrameResult) => void;
}

/** The way to the inbox of a session's user: frames in order, one call in flight. A repeat is harmless: sends carry their ids. */
export class InboxLine {
  readonly #ports: InboxLinePorts;
  readonly #errands: SerialBatcher<Errand>;

  constructor(ports: InboxLinePorts) {
    this.#ports = ports;
    this.#errands = new SerialBatcher((errands) => this.#hand(errands));
  }

  add(frame: SessionFrame, answered: (answer: FrameResult) => void): void {
    this.#errands.add({ frame, answered });
  }

  /** Resolves once every frame was answered. */
  async drained(): Promise<void> {
    await this.#errands.drained();
  }

  async #hand(errands: readonly Errand[]): Promise<void> {
    const answers = await this.#take(errands.map(({ frame }) => frame));
    errands.forEach(({ answered }, index) => {
      answered(answers?.[index] ?? { kind: "refused", refusal: refusal("internal") });
    });
    if (answers === undefined) {
      this.#ports.lost();
    }
  }

  async #take(frames: readonly SessionFrame[]): Promise<readonly FrameResult[] | undefined> {
    for (let tries = 1; tries <= maxTries; tries += 1) {
      try {
        return await this.#ports.take(frames);
      } catch {
        await this.#ports.wait(50 * 2 ** tries);
      }
    }
    return [];
  }
}
