interface ReplicationAlarmPorts {
  readonly source: {
    readonly failingSinceMs: number | null;
    saveFailingSince(failingSinceMs: number | null): void;
  };
  readonly now: () => number;
  readonly random: () => number;
  readonly setAlarm: (atMs: number) => void;
  readonly clearAlarm: () => void;
}

const firstDelayMs = 1_000;
const longestDelayMs = 300_000;

/** The alarm for what failed, the archive or an inbox: one for all, none while everything answers. */
export class ReplicationAlarm {
  readonly #ports: ReplicationAlarmPorts;
  #isSet = false;

  constructor(ports: ReplicationAlarmPorts) {
    this.#ports = ports;
  }

  get isFailing(): boolean {
    return this.#ports.source.failingSinceMs !== null;
  }

  /** Sets the alarm, unless it is set. Throws what the storage throws. */
  // Doubles by waiting as long as it has been failing already; spread, so that a thousand conversations do not knock at once.
  onFailure(): void {
    if (this.#isSet) {
      return;
    }
    const { source, now, random, setAlarm } = this.#ports;
    const nowMs = now();
    if (source.failingSinceMs === null) {
      source.saveFailingSince(nowMs);
    }
    const failingMs = nowMs - (source.failingSinceMs ?? nowMs);
    const delayMs = Math.min(Math.max(failingMs, firstDelayMs), longestDelayMs);
    this.#isSet = true;
    setAlarm(nowMs + Math.round(delayMs * (0.75 + random() / 2)));
  }

  onFired(): void {
    this.#isSet = false;
  }

  /** Nothing is owed any more. */
  onRecovered(): void {
    if (this.isFailing) {
      this.#ports.source.saveFailingSince(null);
      this.#ports.clearAlarm();
      this.#isSet = false;
    }
  }
}
