import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { canaries } from "./canaries.ts";
import { ProvenDevice } from "./device.ts";
import { Ledger, type Explained } from "./ledger.ts";
import { postMessage, readPage } from "./rest.ts";
import type { ProvenWorker } from "./worker.ts";

const readPauseMs = 80;

export interface Load {
  /** On sockets, half of them of each user; of every user's two one is an inbox socket. */
  readonly devices: number;
  /** Sends of a device that may wait for their acknowledgement at once. */
  readonly window: number;
  /** A device pauses for up to so long between two sends. */
  readonly pauseMs: number;
}

export interface Doors {
  /** Where sockets connect; the Worker itself unless something stands before it. */
  readonly socketUrl?: string;
  readonly token?: (user: string) => Promise<string>;
  /** So long a token holds; half of the devices show a fresh one in time, on their live socket. */
  readonly tokenMs?: number;
  /** Refusals that what is wrong explains. */
  readonly explained?: readonly Explained[];
}

/** Two users who talk without a break: each on sockets of the conversation and of the inbox, and by REST; both also scroll. */
export class ProvenConversation {
  readonly users: readonly [string, string];
  readonly ledger: Ledger;
  readonly devices: readonly ProvenDevice[];
  readonly #worker: ProvenWorker;
  readonly #load: Load;
  readonly #token: (user: string) => Promise<string>;
  readonly #running: Promise<void>[] = [];
  #isSending = true;
  #isOver = false;

  constructor(worker: ProvenWorker, load: Load, { socketUrl, token, tokenMs, explained }: Doors = {}) {
    this.#worker = worker;
    this.ledger = new Ledger(explained);
    this.#load = load;
    this.#token = token ?? ((user) => worker.token(user));
    this.users = [`alice-${randomUUID()}${canaries.address}`, `bob-${randomUUID()}${canaries.address}`];
    this.devices = Array.from(
      { length: load.devices },
      (_, index) =>
        new ProvenDevice({
          ...this.#end(index),
          url: socketUrl ?? worker.url,
          isInbox: index % 4 === 1 || index % 4 === 2,
          ...(tokenMs !== undefined && index >= load.devices / 2 && { renewsWithinMs: tokenMs }),
        }),
    );
  }

  begin(): void {
    for (const [index, device] of this.devices.entries()) {
      this.#running.push(device.run(), this.#sendFrom(device, index));
    }
    this.#running.push(this.#post(), this.#read());
  }

  /** No new sends; what is under way is brought to its end by the clients. */
  quieten(): void {
    this.#isSending = false;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.devices.forEach((device) => device.stop());
    await Promise.all(this.#running);
  }

  /** A client's way to the Worker itself. */
  address(index = 0) {
    return this.#end(index);
  }

  #end(index: number) {
    const [user, peer] = index % 2 === 0 ? this.users : this.users.toReversed();
    return {
      url: this.#worker.url,
      user: user ?? "",
      peer: peer ?? "",
      ledger: this.ledger,
      token: () => this.#token(user ?? ""),
    };
  }

  async #sendFrom(device: ProvenDevice, index: number): Promise<void> {
    const { window, pauseMs } = this.#load;
    let count = 0;
    while (this.#isSending) {
      if (device.unacknowledged < window) {
        device.send(`from device ${index}: ${count} ${canaries.text}`);
        count += 1;
      }
      await wait(Math.random() * pauseMs);
    }
  }

  async #post(): Promise<void> {
    let count = 0;
    while (this.#isSending) {
      await postMessage(this.#end(count), `by REST: ${count} ${canaries.text}`, () => this.#isOver);
      count += 1;
      await wait(Math.random() * this.#load.pauseMs);
    }
  }

  async #read(): Promise<void> {
    let count = 0;
    while (this.#isSending) {
      const { cursor, log } = this.devices[count % this.devices.length] ?? { cursor: 0, log: new Map() };
      const before = count % 3 === 0 || log.size < 2 ? undefined : 2 + Math.floor(Math.random() * log.size);
      await readPage(this.#end(count), cursor, before);
      count += 1;
      await wait(Math.random() * readPauseMs);
    }
  }
}
