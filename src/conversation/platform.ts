import type { Verification } from "../auth/verify.ts";
import type { Observer } from "../observability/index.ts";
import type { Refusal } from "../protocol/errors.ts";
import type { Limits } from "../protocol/limits.ts";
import type { Pair } from "../protocol/pair.ts";
import type { ObjectStorage } from "./message-store.ts";
import type { InboxNotification, NotifyResult } from "../rpc/inbox.ts";
import type { ConversationArchive } from "./replication-source.ts";

/** All that a conversation asks of the platform. */
export interface ConversationPlatform {
  readonly pair: Pair;
  readonly limits: Limits;
  readonly storage: ObjectStorage;
  readonly archive: ConversationArchive;
  readonly now: () => number;
  readonly random: () => number;
  readonly defer: (run: () => void) => void;
  readonly pause: (ms: number) => Promise<void>;
  readonly setAlarm: (atMs: number) => void;
  readonly clearAlarm: () => void;
  readonly verifyToken: (token: string) => Promise<Verification>;
  readonly admitNewConversation: (user: string) => Promise<Refusal | undefined>;
  /** Tells the inbox of one of the pair. */
  readonly notify: (user: string, delivery: InboxNotification) => Promise<NotifyResult>;
  /** Ends the object at once; it starts again from what is durable, and its clients replay. */
  readonly abort: (reason: string) => void;
  readonly report: Observer["report"];
  readonly reportRefusal: Observer["reportRefusal"];
}
