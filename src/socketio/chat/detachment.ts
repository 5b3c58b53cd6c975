const maxTries = 3;

interface DetachmentPorts {
  /** Resolves once every frame of the client was answered. */
  readonly drained: () => Promise<void>;
  readonly detach: () => Promise<void>;
  readonly wait: (ms: number) => Promise<void>;
  /** The inbox could not be reached; it finds out with the next message for its user. */
  readonly failed: (tries: number) => void;
}

/** Takes a client out of its user's inbox: after its last frame, since the inbox takes frames only from a session it has. */
export class Detachment {
  readonly #ports: DetachmentPorts;
  #finished = Promise.resolve();
  #isFinished = false;

  constructor(ports: DetachmentPorts) {
    this.#ports = ports;
  }

  begin(): Promise<void> {
    this.#finished = this.#run().finally(() => {
      this.#isFinished = true;
    });
    return this.#finished;
  }

  /** Resolves once it is over, when it has begun. */
  get finished(): Promise<void> {
    return this.#finished;
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  async #run(): Promise<void> {
    const { drained, detach, wait, failed } = this.#ports;
    await drained();
    for (let tries = 1; tries <= maxTries; tries += 1) {
      try {
        await detach();
        return;
      } catch {
        await wait(50 * 2 ** tries);
      }
    }
    failed(maxTries);
  }
}
