import type { Report } from "../observability/log-events.ts";
import type { Refusal } from "../protocol/errors.ts";
import type { Side } from "../protocol/pair.ts";
import type { Entry } from "./batch.ts";
import type { Line } from "./line.ts";
import { within } from "../sockets/within.ts";

/** How long whoever finds a record empty waits for each answer about it; it goes on without one. */
export const emptyWaitMs = 1_000;

interface AdmissionPorts {
  readonly line: Pick<Line, "isEmpty" | "isBlocked" | "isFirstFlag">;
  /** Returns when the archive was asked whether it knows this conversation. */
  readonly compared: () => Promise<void>;
  /** Counts a new conversation for whoever begins it; a refusal where these were too many. */
  readonly admit: (side: Side) => Promise<Refusal | undefined>;
  readonly report: Report;
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
    if (!this.#ports.line.isEmpty) {
      return undefined;
    }
    const matters = entries.some(({ kind }) => kind !== "read");
    return matters ? this.#ask(entries) : undefined;
  }

  refusalFor(side: Side): Refusal | undefined {
    return this.#ports.line.isEmpty ? this.#refused[side] : undefined;
  }

  async #ask(entries: readonly Entry[]): Promise<void> {
    this.#refused = {};
    await within(emptyWaitMs, this.#ports.compared());
    if (!this.#ports.line.isEmpty) {
      return;
    }
    for (const side of new Set(entries.flatMap((entry) => this.#starterOf(entry)))) {
      const refusal = await this.#admit(side);
      if (refusal === undefined) {
        return;
      }
      this.#refused[side] = refusal;
    }
  }

  // An inbox that does not answer must not keep anybody from writing: the limit is not worth that.
  async #admit(side: Side): Promise<Refusal | undefined> {
    const { admit, report } = this.#ports;
    const answer = await within(
      emptyWaitMs,
      admit(side).then((refusal) => ({ refusal })),
    );
    if (answer === undefined) {
      report("quota_unchecked", {});
    }
    return answer?.refusal;
  }

  // Whoever writes the first rows of a conversation begins it: with a message, or by muting or blocking beforehand.
  #starterOf(entry: Entry): Side[] {
    const { line } = this.#ports;
    if (entry.kind === "send") {
      const { author } = entry.draft;
      return line.isBlocked(author) ? [] : [author];
    }
    return entry.kind === "flags" && line.isFirstFlag(entry.side, entry.update) ? [entry.side] : [];
  }
}
