import type { Verification } from "../../auth/verify.ts";
import type { Refusal } from "../../protocol/errors.ts";
import type { Limits } from "../../protocol/limits.ts";
import type { Page } from "../../protocol/rest.ts";
import type { HistoryEvent } from "../../protocol/socket-io-events.ts";
import type { FrameResult, SessionFrame } from "../../rpc/inbox.ts";

/** The inbox of a session's user. All may break with the object behind it; each call begins anew. */
export interface InboxStub {
  /** A refusal when the user connected too often. */
  attach(expiresAtMs: number): Promise<Refusal | undefined>;
  /** Undefined where the session is none of the inbox's. */
  take(frames: readonly SessionFrame[]): Promise<readonly FrameResult[] | undefined>;
  renew(expiresAtMs: number): Promise<Refusal | undefined>;
  detach(delivered: readonly (readonly [peer: string, seq: number])[]): Promise<void>;
}

/** All that a chat asks of the platform. */
export interface SessionPlatform {
  readonly authKeys: readonly string[];
  readonly limits: Limits;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly verifyToken: (token: string) => Promise<Verification>;
  readonly inboxOf: (user: string) => InboxStub;
  readonly history: (user: string, query: HistoryEvent) => Promise<Page | Refusal>;
  /** The newest revision of a user's conversation with somebody. */
  readonly revOf: (user: string, peer: string) => Promise<number | Refusal>;
  /** Whose the session is: found by whoever cleans up behind an object that was ended. */
  readonly keepUser: (user: string) => void;
  /** What is kept changed outside of an event. */
  readonly onChanged: () => void;
  /** The inbox could not be told that the client left, in so many tries. */
  readonly onDetachFailed: (tries: number) => void;
}
