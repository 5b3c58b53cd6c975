import { isWrite } from "../protocol/client-frame.ts";
import { refusal, type Refusal } from "../protocol/errors.ts";
import type { Report } from "../observability/log-events.ts";
import { SerialBatcher } from "../lib/serial-batcher.ts";
import { orUndefinedAfter } from "../lib/timeout.ts";
import type { ForwardedResult, ForwardedFrame } from "../rpc/conversation.ts";

/** A call is taken for broken after this and made again, which is harmless: sends carry their ids, marks only grow. */
const callTimeoutMs = 10_000;
const maxTries = 3;
const maxReplicationTries = 5;

/** One conversation, as an inbox calls it. All may break with the object behind them; each call begins anew. */
export interface ConversationStub {
  /** The user id, where an alias was asked for. */
  readonly peer: string;
  forward(frames: readonly ForwardedFrame[]): Promise<OpenForward>;
  waitUntilReplicated(rev: number): Promise<void>;
}

/** What a conversation answered, and the way to ask it for more within the same call: that is billed once. */
export interface OpenForward {
  readonly results: readonly ForwardedResult[];
  waitUntilReplicated(rev: number): Promise<void>;
  /** Lets the call go, which would keep both objects awake. */
  end(): void;
}

export interface ConversationChannelPorts {
  /** The conversation with a peer, or why there is none. */
  readonly open: (peer: string) => Promise<ConversationStub | Refusal>;
  readonly wait: (ms: number) => Promise<void>;
  readonly report: Report;
  /** Nothing is under way any more. */
  readonly onIdle: () => void;
}

/** Gets the conversation's result and the peer's user id, or the name that was used if the id is unknown. */
export type OnResult = (answer: ForwardedResult, peer: string) => void;

interface PendingCall {
  readonly frame: ForwardedFrame;
  readonly onResult: OnResult;
}

/** The way to one conversation: frames in order, one call in flight, what comes meanwhile in the next. */
export class ConversationChannel {
  readonly #ports: ConversationChannelPorts;
  /** As it was written. */
  readonly #name: string;
  #peer: string;
  readonly #calls: SerialBatcher<PendingCall>;
  #awaitedRev = 0;
  #unreplicated: Pick<OpenForward, "waitUntilReplicated" | "end"> | undefined;
  #isWaiting = false;

  constructor(ports: ConversationChannelPorts, name: string) {
    this.#ports = ports;
    this.#name = name;
    this.#peer = name;
    this.#calls = new SerialBatcher(
      (calls) => this.#run(calls),
      () => this.#reportIdle(),
    );
  }

  add(frame: ForwardedFrame, onResult: OnResult): void {
    this.#calls.add({ frame, onResult });
  }

  async #run(calls: readonly PendingCall[]): Promise<void> {
    const answers = await this.#call(calls);
    calls.forEach(({ onResult }, index) => {
      try {
        onResult(answers[index] ?? { kind: "refused", refusal: refusal("internal") }, this.#peer);
      } catch {
        // One device whose socket broke must not stop what the others said.
      }
    });
  }

  async #call(calls: readonly PendingCall[]): Promise<readonly ForwardedResult[]> {
    const frames = calls.map(({ frame }) => frame);
    for (let tries = 1; tries <= maxTries; tries += 1) {
      const answers = await orUndefinedAfter(callTimeoutMs, this.#try(frames));
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
    const session = await opened.forward(frames);
    const { results } = session;
    if (frames.some((frame) => isWrite(frame) || frame.type === "read")) {
      this.#awaitReplication(opened, session);
    } else {
      session.end();
    }
    return results;
  }

  // A caller by RPC leaves no socket behind that would wake a crashed conversation, so it sees to the archive itself.
  #awaitReplication(calls: ConversationStub, session: OpenForward): void {
    const revs = session.results.map((answer) => (answer.kind === "sent" ? answer.rev : 0));
    this.#awaitedRev = Math.max(this.#awaitedRev, ...revs);
    this.#unreplicated?.end();
    this.#unreplicated = session;
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      void this.#waitUntilReplicated(calls).finally(() => {
        this.#isWaiting = false;
        this.#reportIdle();
      });
    }
  }

  #reportIdle(): void {
    if (this.#calls.isIdle && !this.#isWaiting) {
      this.#ports.onIdle();
    }
  }

  // What broke is asked again by a call of its own.
  async #waitUntilReplicated(calls: ConversationStub): Promise<void> {
    const again = {
      waitUntilReplicated: (rev: number) => calls.waitUntilReplicated(rev),
      end: () => undefined,
    };
    for (let tries = 1; this.#unreplicated !== undefined;) {
      const asked = this.#unreplicated;
      this.#unreplicated = undefined;
      try {
        await asked.waitUntilReplicated(this.#awaitedRev);
      } catch {
        await this.#ports.wait(200 * 2 ** tries);
        if (tries < maxReplicationTries) {
          this.#unreplicated ??= again;
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
