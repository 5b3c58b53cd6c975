import type { Summary } from "../protocol/conversation-list.ts";
import type { InboxServerFrame } from "../protocol/inbox-frame.ts";
import type { ConversationSummary, Events, OutboxEntry, Timing } from "./api.ts";
import type { PairlineError } from "./errors.ts";
import type { PeerPresence } from "./presence.ts";
import type { Rest } from "./rest.ts";
import type { TaskLimit } from "./task-limit.ts";

/** A frame about one conversation, whichever socket it came over, but for those that the client keeps of all. */
export type PeerFrame = Exclude<InboxServerFrame, { type: "ready" | "summary" | "presence" }>;

/** What a conversation needs of the client that it belongs to. */
export interface ConversationPorts {
  readonly rest: Rest;
  readonly timing: Timing;
  /** Limits the requests that look for missed messages. */
  readonly lookUps: TaskLimit;
  /** The user, once the server said so. */
  you(): string | undefined;
  /** Whether the server has greeted the socket of now. */
  isOpen(): boolean;
  /** Why no socket will come by itself. */
  ended(): PairlineError | undefined;
  maxFrameBytes(): number;
  /** The time of the server's clock since when new messages are events; Infinity if not known, or if nobody listens. */
  eventsSinceMs(): number;
  /** Whether the client was away since then. */
  wasAway(): boolean;
  /** Whether the frame was handed to the socket. */
  transmit(peer: string, frame: object): boolean;
  /** Asks for what came after `after`; the answer ends with `synced`. False where no socket is open. */
  askReplay(peer: string, after: number | undefined): boolean;
  probe(): void;
  keep(entry: OutboxEntry): void;
  forget(id: string): void;
  /** The number of the next entry. */
  nextOrder(): number;
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void;
  /** What the list knows of the conversation. */
  summary(peer: string): ConversationSummary | undefined;
  noteSummary(summary: Summary): void;
  /** The conversation's history is another one. */
  noteReset(peer: string): void;
  presence(peer: string): PeerPresence | undefined;
  /** Without `lastSeenMs` what is known of that stays. */
  notePresence(peer: string, isOnline: boolean, lastSeenMs?: number): void;
  /** Somebody began or ceased to look at the conversation. */
  observedChanged(): void;
}
