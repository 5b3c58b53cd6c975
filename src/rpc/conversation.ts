import type { FlagUpdate } from "../model/flags.ts";
import type { QuotingMessage } from "../model/message.ts";
import type { ClientFrame, WriteFrame } from "../protocol/client-frame.ts";
import type { Refusal } from "../protocol/errors.ts";
import type { ImportedMessage, RejectCode } from "../protocol/import.ts";
import type { Standing } from "../protocol/inspection.ts";
import type { Message, Receipt } from "../protocol/message.ts";
import type { OwnSummary } from "../protocol/rest.ts";
import type { ServerFrame } from "../protocol/server-frame.ts";
import type { Verification } from "../protocol/verification.ts";

/**
 * What the Worker and other objects may call on a conversation's object. Results are plain values: an expected error is
 * returned, and only a broken object throws. A stub that threw stays broken, so each call takes a new one.
 */
export interface ConversationRpc extends Rpc.DurableObjectBranded {
  /** The WebSocket upgrade, with the headers of `upgrade-headers.ts`. */
  fetch(request: Request): Response;
  /** Sends, edits, deletes or reacts. */
  write(user: string, frame: WriteFrame): Promise<SendResult>;
  read(user: string, seq: number): Promise<ReadResult>;
  setFlags(user: string, update: FlagUpdate): Promise<FlagsResult>;
  page(query: StoredPageQuery): Promise<StoredPage>;
  summary(user: string): Promise<OwnSummary>;
  /** Handles frames of the user's inbox sockets in order. */
  forward(user: string, frames: readonly ForwardedFrame[]): Promise<ForwardReply>;
  /** The frames that a device on the user's inbox socket has missed since the revision `after`. */
  replay(user: string, after: number | undefined): Promise<ReplayReply>;
  /** Whether the user has a live socket on this conversation. */
  hasSocket(user: string): boolean;
  /** Makes the conversation notify a user's inbox, even if it has nothing new for it. */
  requireNotify(user: string): void;
  /** Resolves when the inbox of a user, who has a device again, has every notification that was held back for it. */
  notifyInbox(user: string): Promise<void>;
  /**
   * Resolves when D1 has everything up to `rev`, all read cursors and all flags. Rejects if the object stops before: then
   * call again.
   */
  waitUntilReplicated(rev: number): Promise<void>;
  /** State for operators, without message texts. */
  inspect(): Promise<Standing>;
  /** Adds messages that another system stored. */
  import(messages: readonly ImportedMessage[]): Promise<ImportResult>;
  /** Compares one part of the stored messages with D1, and with `repair` writes the differences to D1. */
  verify(query: VerifyQuery): Promise<VerifyResult>;
}

type Failed = { readonly ok: false; readonly refusal: Refusal };

/** `rev`: the revision of the send or change. `repeated`: an earlier attempt already had stored it. */
export type SendResult =
  | { readonly ok: true; readonly repeated: boolean; readonly message: Message; readonly rev: number }
  | Failed;

export type FlagsResult = { readonly ok: true; readonly summary: OwnSummary } | Failed;

/** `seq`: the read cursor after the call. */
export type ReadResult = { readonly ok: true; readonly seq: number } | Failed;

/** Of the messages `from`…`to` of a history page, those that changed after D1's `archivedRev`. */
export interface StoredPage {
  readonly head: number;
  readonly rev: number;
  readonly from: number;
  readonly to: number;
  readonly messages: readonly QuotingMessage[];
}

/** Without `before` and `after`: the newest page. */
export interface StoredPageQuery {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
  readonly archivedRev: number;
}

/**
 * A frame of a user's inbox socket for one conversation. `keep`: the conversation stores the delivery mark, because the
 * device that had it has left. `isBurst`: the send is exempt from the conversation's rate limit.
 */
export type ForwardedFrame =
  | Exclude<ClientFrame, { type: "auth" | "delivered" | "send" }>
  | (Extract<ClientFrame, { type: "send" }> & { readonly isBurst?: boolean })
  | (Extract<ClientFrame, { type: "delivered" }> & { readonly keep?: boolean });

/** `rev`: D1 has the effect of the frame when it has this revision. */
export type ForwardedResult =
  | { readonly kind: "done" }
  | { readonly kind: "sent"; readonly receipt: Receipt; readonly rev: number }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** `results`: one for each frame, in order. `waitUntilReplicated`: runs within the same RPC call, which is billed once. */
export interface ForwardReply {
  readonly results: ForwardedResult[];
  readonly waitUntilReplicated: (rev: number) => Promise<void>;
}

export interface ReplayReply {
  readonly frames: readonly ServerFrame[];
}

/** `from`: the first `seq` of the part. */
export interface VerifyQuery {
  readonly from: number;
  readonly repair: boolean;
}

export type VerifyResult = { readonly ok: true; readonly verification: Verification } | Failed;

export type ImportOutcome =
  | { readonly kind: "imported" | "already" }
  | { readonly kind: "rejected"; readonly code: RejectCode; readonly message: string };

export interface ImportResult {
  /** One for each message, in order. */
  readonly outcomes: readonly ImportOutcome[];
  /** D1 has the messages when it has this revision. */
  readonly rev: number;
}
