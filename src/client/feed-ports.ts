import type { Message, Timing } from "./api.ts";
import type { Applied } from "./backlog.ts";
import type { PairlineError } from "./errors.ts";
import type { History } from "./history.ts";
import type { MissedMessages } from "./missed-messages.ts";

/** What one conversation's feed needs. */
export interface FeedPorts {
  readonly timing: Timing;
  readonly history: History;
  readonly missed: MissedMessages;
  /** Asks for what came after `after`; without it, only how the conversation stands. False where no socket is open. */
  askReplay(after: number | undefined): boolean;
  /** Why no socket will come by itself. */
  ended(): PairlineError | undefined;
  /** Messages are new or changed. */
  applied(applied: readonly Applied[]): void;
  /** Older ones were put before the others. */
  loaded(messages: readonly Message[]): void;
  /** Nothing that was held counts any more. */
  restarted(): void;
}
