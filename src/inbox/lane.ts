import { isWrite } from "../protocol/client-frame.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import type { Report } from "../observability/log-events.ts";
import { Batches } from "../sockets/batches.ts";
import { within } from "../sockets/within.ts";
import type { ForwardedResult, ForwardedFrame } from "../rpc/conversation.ts";

/** A call is taken for broken after this and made again, which is harmless: sends carry their ids, marks only grow. */
const callTimeoutMs = 10_000;
const maxTries = 3;
const maxSettleTries = 5;

/** One conversation, as an inbox calls it. All may break with the object behind them; each call begins anew. */
export interface ConversationCalls {
  /** The user id, where an alias was asked for. */
  readonly peer: string;
  act(frames: readonly ForwardedFrame[]): Promise<ActSession>;
  settled(rev: number): Promise<void>;
}

/** What a conversation answered, and the way to ask it for more within the same call: that is billed once. */
export interface ActSession {
  readonly answers: readonly ForwardedResult[];
  settled(rev: number): Promise<void>;
  /** Lets the call go, which would keep both objects awake. */
  end(): void;
}

export interface LanePorts {
  /** The conversation with a peer, or why there is none. */
  readonly open: (peer: string) => Promise<ConversationCalls | Refusal>;
  readonly wait: (ms: number) => Promise<void>;
  readonly report: Report;
  /** Nothing is under way any more. */
  readonly idle: () => void;
}

/** Hears what a conversation answered, and the peer's user id as far as it is known. */
export type Answered = (answer: ForwardedResult, peer: string) => void;

interface Errand {
  readonly frame: ForwardedFrame;
  readonly answered: Answered;
}

/** The way to one conversation: frames in order, one call in flight, what comes meanwhile in the next. */
export class Lane {
  readonly #ports: LanePorts;
  /** As it was written. */
  readonly #name: string;
  #peer: string;
  readonly #errands: Batches<Errand>;
  #settleRev = 0;
  #unsettled: Pick<ActSession, "settled" | "end"> | undefined;
  #isSettling = false;

  constructor(ports: LanePorts, name: string) {
    this.#ports = ports;
    this.#name = name;
    this.#peer = name;
    this.#errands = new Batches(
      (errands) => this.#run(errands),
      () => this.#tellIdle(),
    );
  }

  add(frame: ForwardedFrame, answered: Answered): void {
    this.#errands.add({ frame, answered });
  }

  async #run(errands: readonly Errand[]): Promise<void> {
    const answers = await this.#call(errands);
    errands.forEach(({ answered }, index) => {
      try {
        answered(answers[index] ?? { kind: "refused", refusal: refusal("internal") }, this.#peer);
      } catch {
        // One device whose socket broke must not stop what the others said.
      }
    });
  }

  async #call(errands: readonly Errand[]): Promise<readonly ForwardedResult[]> {
    const frames = errands.map(({ frame }) => frame);
    for (let tries = 1; tries <= maxTries; tries += 1) {
      const answers = await within(callTimeoutMs, this.#try(frames));
      if (answers !== undefined) {
        return answers;
      }
      await this.#ports.wait(50 * 2 ** tries);
    }
    this.#ports.report("conversation_call_failed", { tries: maxTries });
    return [];
  }

  async #try(frames: readonly ForwardedFrame[]): Promise<readonly ForwardedResult[]> {
    const opened = await this.#ports.open(this.#name);
    if ("code" in opened) {
      return frames.map(() => ({ kind: "refused", refusal: opened }));
    }
    this.#peer = opened.peer;
    const session = await opened.act(frames);
    const { answers } = session;
    if (frames.some((frame) => isWrite(frame) || frame.type === "read")) {
      this.#settle(opened, session);
    } else {
      session.end();
    }
    return answers;
  }

  // A caller by RPC leaves no socket behind that would wake a crashed conversation, so it sees to the archive itself.
  #settle(calls: ConversationCalls, session: ActSession): void {
    const revs = session.answers.map((answer) => (answer.kind === "sent" ? answer.rev : 0));
    this.#settleRev = Math.max(this.#settleRev, ...revs);
    this.#unsettled?.end();
    this.#unsettled = session;
    if (!this.#isSettling) {
      this.#isSettling = true;
      void this.#untilSettled(calls).finally(() => {
        this.#isSettling = false;
        this.#tellIdle();
      });
    }
  }

  #tellIdle(): void {
    if (this.#errands.isIdle && !this.#isSettling) {
      this.#ports.idle();
    }
  }

  // What broke is asked again by a call of its own.
  async #untilSettled(calls: ConversationCalls): Promise<void> {
    const again = { settled: (rev: number) => calls.settled(rev), end: () => undefined };
    for (let tries = 1; this.#unsettled !== undefined;) {
      const asked = this.#unsettled;
      this.#unsettled = undefined;
      try {
        await asked.settled(this.#settleRev);
      } catch {
        await this.#ports.wait(200 * 2 ** tries);
        if (tries < maxSettleTries) {
          this.#unsettled ??= again;
        } else {
          this.#ports.report("settling_abandoned", { tries });
        }
        tries += 1;
      } finally {
        asked.end();
      }
    }
  }
}
