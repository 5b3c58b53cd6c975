import type { Report } from "../observability/log-events.ts";
import { type Refusal, refusal } from "../protocol/errors.ts";
import type { Side } from "../protocol/pair.ts";
import type { Sequencer } from "./sequencer.ts";
import { orUndefinedAfter } from "../lib/timeout.ts";
import type { Operation } from "./commit-queue.ts";
import type { Limits } from "../protocol/limits.ts";
import { TokenBucket } from "../lib/token-bucket.ts";

/** How long whoever finds a record empty waits for each answer about it; it goes on without one. */
export const archiveWaitMs = 1_000;

interface AdmissionPorts {
  readonly sequencer: Pick<Sequencer, "isEmpty" | "isBlocked" | "setsFirstFlag">;
  /** Returns when the archive was asked whether it knows this conversation. */
  readonly waitUntilCompared: () => Promise<void>;
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
  gate(operations: readonly Operation[]): Promise<void> | undefined {
    if (!this.#ports.sequencer.isEmpty) {
      return undefined;
    }
    const matters = operations.some(({ kind }) => kind !== "read");
    return matters ? this.#ask(operations) : undefined;
  }

  refusalFor(side: Side): Refusal | undefined {
    return this.#ports.sequencer.isEmpty ? this.#refused[side] : undefined;
  }

  async #ask(operations: readonly Operation[]): Promise<void> {
    this.#refused = {};
    await orUndefinedAfter(archiveWaitMs, this.#ports.waitUntilCompared());
    if (!this.#ports.sequencer.isEmpty) {
      return;
    }
    for (const side of new Set(operations.flatMap((operation) => this.#startedBy(operation)))) {
      const error = await this.#admit(side);
      if (error === undefined) {
        return;
      }
      this.#refused[side] = error;
    }
  }

  // An inbox that does not answer must not keep anybody from writing: the limit is not worth that.
  async #admit(side: Side): Promise<Refusal | undefined> {
    const { admit, report } = this.#ports;
    const answer = await orUndefinedAfter(
      archiveWaitMs,
      admit(side).then((error) => ({ error })),
    );
    if (answer === undefined) {
      report("quota_unchecked", {});
    }
    return answer?.error;
  }

  // Whoever writes the first rows of a conversation begins it: with a message, or by muting or blocking beforehand.
  #startedBy(operation: Operation): Side[] {
    const { sequencer } = this.#ports;
    if (operation.kind === "send") {
      const { author } = operation.draft;
      return sequencer.isBlocked(author) ? [] : [author];
    }
    return operation.kind === "flags" && sequencer.setsFirstFlag(operation.side, operation.update)
      ? [operation.side]
      : [];
  }
}

/** What each user of the pair may still do, over all their devices: messages apart from marks, typing and tokens. */
export class Allowances {
  readonly #now: () => number;
  readonly #sends: Readonly<Record<Side, TokenBucket>>;
  readonly #signals: Readonly<Record<Side, TokenBucket>>;

  constructor(limits: Limits, now: () => number) {
    const sends = () => new TokenBucket(limits.sendsPerSecond, limits.sendBurst, now());
    const signals = () => new TokenBucket(limits.signalsPerSecond, limits.signalBurst, now());
    this.#now = now;
    this.#sends = { a: sends(), b: sends() };
    this.#signals = { a: signals(), b: signals() };
  }

  /** `isBurst`: counted, but not refused. */
  takeSend(side: Side, isBurst = false): Refusal | undefined {
    const refused = this.#refusalFrom(this.#sends[side]);
    return isBurst ? undefined : refused;
  }

  takeSignal(side: Side): Refusal | undefined {
    return this.#refusalFrom(this.#signals[side]);
  }

  #refusalFrom(bucket: TokenBucket): Refusal | undefined {
    const retryAfterMs = bucket.take(this.#now());
    return retryAfterMs === 0 ? undefined : refusal("rate_limited", { retryAfterMs });
  }
}
