import { refusal } from "../../protocol/errors.ts";
import { SerialBatcher } from "../../lib/serial-batcher.ts";
import type { FrameResult, SessionFrame } from "../../rpc/inbox.ts";

const maxTries = 3;

interface InboxChannelPorts {
  readonly take: (frames: readonly SessionFrame[]) => Promise<readonly FrameResult[] | undefined>;
  readonly wait: (ms: number) => Promise<void>;
  /** The inbox does not know the session any more. */
  readonly onLost: () => void;
}

interface PendingCall {
  readonly frame: SessionFrame;
  readonly onResult: (answer: FrameResult) => void;
}

/** The way to the inbox of a session's user: frames in order, one call in flight. A repeat is harmless: sends carry their ids. */
export class InboxChannel {
  readonly #ports: InboxChannelPorts;
  readonly #calls: SerialBatcher<PendingCall>;

  constructor(ports: InboxChannelPorts) {
    this.#ports = ports;
    this.#calls = new SerialBatcher((errands) => this.#hand(errands));
  }

  add(frame: SessionFrame, onResult: (answer: FrameResult) => void): void {
    this.#calls.add({ frame, onResult });
  }

  /** Resolves once every frame was answered. */
  async drained(): Promise<void> {
    await this.#calls.drained();
  }

  async #hand(errands: readonly PendingCall[]): Promise<void> {
    const answers = await this.#take(errands.map(({ frame }) => frame));
    errands.forEach(({ onResult }, index) => {
      onResult(answers?.[index] ?? { kind: "refused", refusal: refusal("internal") });
    });
    if (answers === undefined) {
      this.#ports.onLost();
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
