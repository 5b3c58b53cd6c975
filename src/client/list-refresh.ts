import type { Timing } from "./api.ts";
import { backOffMs } from "./back-off.ts";
import { Timer } from "./timer.ts";

/** A crash of the user's inbox may keep something from its list for this long (IN7). */
const inboxDelayMs = 5_000;

export interface ListRefreshPorts {
  readonly timing: Timing;
  isOpen(): boolean;
  /** Asks what moved in the list. */
  refresh(): Promise<void>;
}

/** Asks for the list once after each opening of a socket, and again until it comes. */
export class ListRefresh {
  readonly #ports: ListRefreshPorts;
  readonly #timer = new Timer();

  constructor(ports: ListRefreshPorts) {
    this.#ports = ports;
  }

  startNow(): void {
    this.#start(0, 0);
  }

  startLater(): void {
    this.#start(inboxDelayMs, 0);
  }

  stop(): void {
    this.#timer.clear();
  }

  #start(delayMs: number, failures: number): void {
    this.#timer.set(delayMs, () => {
      this.#ports.refresh().catch(() => {
        if (this.#ports.isOpen()) {
          this.#start(backOffMs(failures + 1, this.#ports.timing), failures + 1);
        }
      });
    });
  }
}
