interface BackOffPorts {
  readonly record: {
    readonly failingSinceMs: number | null;
    keepFailingSince(failingSinceMs: number | null): void;
  };
  readonly now: () => number;
  readonly random: () => number;
  readonly setAlarm: (atMs: number) => void;
  readonly clearAlarm: () => void;
}

const firstDelayMs = 1_000;
const longestDelayMs = 300_000;

/** The alarm for what failed, the archive or an inbox: one for all, none while everything answers. */
export class BackOff {
  readonly #ports: BackOffPorts;
  #isSet = false;

  constructor(ports: BackOffPorts) {
    this.#ports = ports;
  }

  get isFailing(): boolean {
    return this.#ports.record.failingSinceMs !== null;
  }

  /** Sets the alarm, unless it is set. Throws what the storage throws. */
  // Doubles by waiting as long as it has been failing already; spread, so that a thousand conversations do not knock at once.
  failed(): void {
    if (this.#isSet) {
      return;
    }
    const { record, now, random, setAlarm } = this.#ports;
    const nowMs = now();
    if (record.failingSinceMs === null) {
      record.keepFailingSince(nowMs);
    }
    const failingMs = nowMs - (record.failingSinceMs ?? nowMs);
    const delayMs = Math.min(Math.max(failingMs, firstDelayMs), longestDelayMs);
    this.#isSet = true;
    setAlarm(nowMs + Math.round(delayMs * (0.75 + random() / 2)));
  }

  rang(): void {
    this.#isSet = false;
  }

  /** Nothing is owed any more. */
  recovered(): void {
    if (this.isFailing) {
      this.#ports.record.keepFailingSince(null);
      this.#ports.clearAlarm();
      this.#isSet = false;
    }
  }
}
