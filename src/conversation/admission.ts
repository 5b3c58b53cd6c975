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
  /** Counts a new conversation for whoever begins it; a refusal where these were too many. */
  readonly admit: (side: Side) => Promise<Refusal | undefined>;
}

/** The gate of an empty conversation: is it really new, and may its starter begin another one? */
export class Admission {
  readonly #ports: AdmissionPorts;
  #refused: Partial<Record<Side, Refusal>> = {};

  constructor(ports: AdmissionPorts) {
    this.#ports = ports;
  }

  /** What a turn's entries must wait for; nothing once the conversation has a message. */
  gate(entries: readonly Entry[]): Promise<void> | undefined {
    if (!this.#ports.isEmpty()) {
      return undefined;
    }
    const starters = new Set(entries.flatMap(starterOf));
    const changes = entries.some(({ kind }) => kind === "change");
    return starters.size > 0 || changes ? this.#ask(starters) : undefined;
  }

  refusalFor(side: Side): Refusal | undefined {
    return this.#ports.isEmpty() ? this.#refused[side] : undefined;
  }

  async #ask(starters: ReadonlySet<Side>): Promise<void> {
    this.#refused = {};
    await within(emptyWaitMs, this.#ports.compared());
    if (!this.#ports.isEmpty()) {
      return;
    }
    for (const side of starters) {
      const refusal = await within(emptyWaitMs, this.#ports.admit(side));
      if (refusal === undefined) {
        return;
      }
      this.#refused[side] = refusal;
    }
  }
}

// Whoever writes the first rows of a conversation begins it: with a message, or by muting it beforehand.
function starterOf(entry: Entry): Side[] {
  if (entry.kind === "send") {
    return [entry.draft.author];
  }
  return entry.kind === "flags" ? [entry.side] : [];
}
