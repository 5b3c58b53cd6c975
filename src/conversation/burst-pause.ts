/** In a burst: the least and the most between one write and the next, and how much longer than the last write that is. */
const leastMs = 200;
const mostMs = 500;
const timesTheWrite = 4;

interface BurstPausePorts {
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * The time between the archive's writes of one burst. What comes meanwhile shares the summary's row, and many lively talks
 * fit into one database; one that takes longer is asked less often. A change alone does not wait.
 */
export class BurstPause {
  readonly #ports: BurstPausePorts;
  #landedAtMs = Number.NEGATIVE_INFINITY;
  #pauseMs = 0;
  #cut = Promise.withResolvers<void>();
  #isHurried = false;

  constructor(ports: BurstPausePorts) {
    this.#ports = ports;
  }

  /** How much is left of the pause. */
  get leftMs(): number {
    const sinceMs = this.#ports.now() - this.#landedAtMs;
    // Not where the clock stepped back.
    return sinceMs < 0 ? 0 : Math.max(0, this.#pauseMs - sinceMs);
  }

  /** Returns when the next write may begin. */
  async over(): Promise<void> {
    const { leftMs } = this;
    if (leftMs > 0) {
      this.#cut = Promise.withResolvers();
      await Promise.race([this.#ports.pause(leftMs), this.#cut.promise]);
    }
  }

  /** Ends the pause that is under way, or else the next one. */
  cut(): void {
    this.#pauseMs = 0;
    this.#isHurried = true;
    this.#cut.resolve();
  }

  /** A write landed that took so long. Where it left some behind, as after an outage, the rest follows at once. */
  landed(tookMs: number, wasAll: boolean): void {
    this.#landedAtMs = this.#ports.now();
    this.#pauseMs =
      wasAll && !this.#isHurried ? Math.min(Math.max(leastMs, timesTheWrite * tookMs), mostMs) : 0;
    this.#isHurried &&= !wasAll;
  }
}
