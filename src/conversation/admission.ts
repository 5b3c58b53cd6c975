import type { Refusal } from "../protocol/errors.ts";
import type { Side } from "../protocol/pair.ts";
import type { Entry } from "./batch.ts";
import { within } from "../sockets/within.ts";

/** How long whoever finds a record empty waits for each answer about it; it goes on without one. */
export const emptyWaitMs = 1_000;

interface AdmissionPorts {
  readonly isEmpty: () => boolean;
  /** Returns when the archive was asked whether it knows this conversation. */
  readonly compared: () => Promise<void>;
  /** Counts a new conversation for its author; a refusal where these were too many. */
  readonly admit: (author: Side) => Promise<Refusal | undefined>;
}

/** The gate of an empty conversation: is it really new, and may its author begin another one? */
export class Admission {
  readonly #ports: AdmissionPorts;
  #refused: Partial<Record<Side, Refusal>> = {};

  constructor(ports: AdmissionPorts) {
    this.#ports = ports;
  }

  /** What a turn's entries must wait for; nothing once the conversation has a message. */
  gate(entries: readonly Entry[]): Promise<void> | undefined {
    const authors = new Set(entries.flatMap((entry) => (entry.kind === "send" ? [entry.draft.author] : [])));
    return authors.size > 0 && this.#ports.isEmpty() ? this.#ask(authors) : undefined;
  }

  refusalFor(author: Side): Refusal | undefined {
    return this.#ports.isEmpty() ? this.#refused[author] : undefined;
  }

  async #ask(authors: ReadonlySet<Side>): Promise<void> {
    this.#refused = {};
    await within(emptyWaitMs, this.#ports.compared());
    if (!this.#ports.isEmpty()) {
      return;
    }
    for (const author of authors) {
      const refusal = await within(emptyWaitMs, this.#ports.admit(author));
      if (refusal === undefined) {
        return;
      }
      this.#refused[author] = refusal;
    }
  }
}
