import type { FetchLike, SocketLike } from "./api-platform.ts";
import type { PairlineError, PairlineErrorCode } from "./errors.ts";

/** A value that changes. `subscribe` and `value` fit React's `useSyncExternalStore`: a value stays the same object until it changes. */
export interface Live<Value> {
  readonly value: Value;
  /** Calls the listener after each change, once for all changes of one turn; returns what ends it. */
  readonly subscribe: (listener: () => void) => () => void;
}

export interface ClientOptions {
  /** Where the Worker is: `https://dm.example.com`. */
  readonly url: string;
  /** A token of your identity service. Called when there is none that is still good, once for each expiry. */
  readonly token: () => string | Promise<string>;
  /** One conversation over its own socket, instead of all of them over the inbox's. */
  readonly peer?: string;
  /** Where unacknowledged sends and changes wait; memory without it. One storage belongs to one user. */
  readonly storage?: OutboxStorage;
  readonly timing?: Partial<Timing>;
  /** What the platform has, where it is not a global. */
  readonly WebSocket?: new (url: string, protocols: string[]) => SocketLike;
  readonly fetch?: FetchLike;
}

/** Milliseconds. */
export interface Timing {
  /** The first wait before another try is 0 to this long, each next one up to twice as long. */
  readonly backOffBaseMs: number;
  /** No wait is longer. */
  readonly backOffCapMs: number;
  /** A `ping` is sent this often. */
  readonly heartbeatMs: number;
  /** A socket that answers a `ping`, an opening or a send with nothing for so long is dead. */
  readonly answerMs: number;
}

export interface Client {
  /** The user that the token names, once the server said so. */
  readonly you: string | undefined;
  readonly connection: Live<Connection>;
  /** What the server announced of its limits; the defaults until then. */
  readonly limits: { readonly maxTextBytes: number };
  /** All conversations with a message or a flag, the one with the newest message first; more on `loadMore`. */
  readonly conversations: ConversationList;
  /** The same object for the same peer, named by the id and not by an alias. Throws a PairlineError `bad_peer` for what can be no user id, and where the client has one conversation and this is another. */
  conversation(peer: string): Conversation;
  /** Whom the server means by an id or an alias: the id, with a name or a picture where one is known. Rejects with `unknown_peer` where the deployment refuses ids that nobody has. */
  user(id: string): Promise<User>;
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void;
  /** Tries now: after a stop, or where the app knows that the network is back (React Native has no `online` event). An open socket stays. */
  connect(): void;
  /** Ends everything. What waits in the storage stays there. */
  close(): void;
}

/** `stopped`: trying again would not help, `error` says why; `connect()` tries once more. */
export type Connection =
  | { readonly state: "connecting" | "open" | "closed" }
  | { readonly state: "waiting"; readonly retryAtMs: number; readonly error: PairlineError }
  | { readonly state: "stopped"; readonly error: PairlineError };

export interface ConversationList extends Live<readonly ConversationSummary[]> {
  /** Unread over all conversations, also those that are not loaded. */
  readonly unread: {
    readonly messages: number;
    readonly conversations: number;
    /** How many of `messages` are in muted conversations; missing where none is. A badge or a title leaves them out. */
    readonly mutedMessages?: number | undefined;
  };
  readonly hasMore: boolean;
  /** Loads the next page: 50 conversations, or `limit` (at most 500). Calls at the same time share one. */
  loadMore(limit?: number): Promise<void>;
  /** Loads the archived ones too, which are not in the list before they move. */
  loadArchived(): Promise<void>;
}

export interface Profile {
  readonly name?: string;
  readonly picture?: string;
}

export interface User extends Profile {
  readonly id: string;
}

export interface ConversationSummary {
  readonly peer: string;
  readonly head: number;
  readonly rev: number;
  readonly state: number;
  readonly read: Cursors;
  readonly unread: number;
  readonly muted: boolean;
  readonly archived: boolean;
  /** You have blocked the peer. */
  readonly blocked: boolean;
  readonly last?: {
    readonly author: string;
    readonly text: string;
    readonly createdAt: number;
    readonly deleted?: true;
  };
  readonly profile?: Profile;
  /** Missing where nobody may know it, or it was not told yet. */
  readonly peerOnline?: boolean;
  readonly lastSeenMs?: number;
}

export interface Cursors {
  readonly you: number;
  readonly peer: number;
}

export interface Conversation {
  readonly peer: string;
  readonly messages: Timeline;
  readonly status: Live<ConversationStatus>;
  /** Resolves when the message is durable. Until then it stands in `messages` as pending; a reject is a PairlineError and it stands there as failed. */
  send(content: string | Content): Promise<Sent>;
  /** Another try for a send that failed, as a new message at the end. */
  retry(id: string): Promise<Sent>;
  /** Takes a send that failed out of `messages`. */
  discard(id: string): void;
  /**
   * `after`: the message's `rev` when the user began to edit; default: its `rev` as `messages` shows it now. Rejects with
   * `superseded` if a newer edit exists that the user had not seen; both texts are then for the app to show.
   */
  edit(seq: number, text: string, options?: { readonly after?: number }): Promise<void>;
  delete(seq: number): Promise<void>;
  react(seq: number, emoji: string, on?: boolean): Promise<void>;
  /** Everything up to `seq` (default: the newest) was read. Kept until the server has it. Throws a PairlineError `out_of_range` for what is no number. */
  markRead(seq?: number): void;
  /** Call it with `true` at each key; what is too much is not sent. */
  typing(on: boolean): void;
  block(on?: boolean): Promise<void>;
  set(flags: { readonly muted?: boolean; readonly archived?: boolean }): Promise<void>;
}

export interface Content {
  readonly text: string;
  readonly replyTo?: number;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** What an acknowledged send got. `createdAt` in milliseconds since the epoch, by the server's clock. */
export interface Sent {
  readonly id: string;
  readonly seq: number;
  readonly createdAt: number;
}

/**
 * The newest messages, oldest first, without a gap, and behind them what waits to be sent. After `openAt` it may be older
 * messages instead, also without a gap, until `loadNewer` has reached the newest ones, or `openNewest` or a send shows
 * them again. `on("message")` reports new messages either way.
 */
export interface Timeline extends Live<readonly ConversationMessage[]> {
  /** Whether the server has older ones than the first. */
  readonly hasOlder: boolean;
  /** Loads the next older page (default 50, at most 100 messages). Calls at the same time share one. */
  loadOlder(limit?: number): Promise<void>;
  /** Whether there are newer messages than the last one here: after `openAt`. */
  readonly hasNewer: boolean;
  /** Loads the next newer page (default 50, at most 100 messages). A window of older messages keeps the 1,000 on the side that was loaded. */
  loadNewer(limit?: number): Promise<void>;
  /** Shows the message of a number and those around it; where it is here already nothing changes. Rejects with a PairlineError. */
  openAt(seq: number): Promise<void>;
  /** Shows the newest messages again. */
  openNewest(): Promise<void>;
}

export type ConversationMessage = Message | PendingMessage;

/** A message that is durable. `rev` grows with each change of it. Times are milliseconds since the epoch. */
export interface Message {
  readonly seq: number;
  readonly rev: number;
  readonly id: string;
  readonly author: string;
  /** Empty once it is deleted. */
  readonly text: string;
  readonly createdAt: number;
  readonly editedAt?: number;
  readonly deletedAt?: number;
  readonly replyTo?: number;
  readonly quote?: Quote;
  /** Who reacted with each emoji, first the one who did first. */
  readonly reactions?: Readonly<Record<string, readonly string[]>>;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The first characters of the message that a reply answers, as that is now. */
export interface Quote {
  readonly author: string;
  readonly text: string;
  readonly deletedAt?: number;
}

/** A send of yours without a number yet. `createdAt` by this device's clock. */
export interface PendingMessage extends Content {
  readonly seq?: undefined;
  readonly id: string;
  readonly author: string | undefined;
  readonly createdAt: number;
  /** Why it will not go by itself. */
  readonly error?: PairlineError;
}

export interface ConversationStatus {
  /** Whether `messages` and the cursors are as the server has them. */
  readonly isLive: boolean;
  readonly head: number;
  readonly read: Cursors;
  readonly delivered: Cursors;
  readonly unread: number;
  readonly peerOnline: boolean;
  readonly lastSeenMs?: number;
  readonly peerTyping: boolean;
  readonly blocked: boolean;
  readonly muted: boolean;
  readonly archived: boolean;
  readonly profile?: Profile;
}

export interface Events {
  /** A message is new, or changed. Each once and in order, from the moment on at which the client connected first. */
  readonly message: { readonly peer: string; readonly message: Message; readonly isNew: boolean };
  /** A send or change will not go: what its promise was rejected with, also for those that a reload left without one. */
  readonly refused: {
    readonly peer: string;
    readonly id: string;
    readonly error: PairlineError;
    /** What was refused, with the text that the user wrote. */
    readonly frame: OutboxFrame;
  };
  /** The server's history is another, or what was missed is too much or could not be loaded: `messages` begins anew. */
  readonly reset: { readonly peer: string };
  /** Trouble that no promise tells: the storage or the token failed. The client goes on. */
  readonly trouble: PairlineError;
}

/** Keeps what waits to be acknowledged over a reload. Entries are plain JSON. */
export interface OutboxStorage {
  /** In the order in which they were first put. */
  load(): Promise<readonly OutboxEntry[]>;
  /** Puts a new entry behind the others; replaces one of the same `id` where it is. */
  put(entry: OutboxEntry): Promise<void>;
  remove(id: string): Promise<void>;
}

/** One send or change that waits. */
export interface OutboxEntry {
  readonly id: string;
  readonly peer: string;
  /** Grows from entry to entry, over reloads and tabs too. */
  readonly order: number;
  readonly createdAt: number;
  readonly frame: OutboxFrame;
  /** The message that a change or a reply is about: shows whether it has its number still. */
  readonly target?: { readonly author: string; readonly id: string; readonly editedAt?: number };
  /** The code with which it was refused for good. */
  readonly refused?: { readonly code: PairlineErrorCode; readonly message: string };
}

export type OutboxFrame = {
  readonly id: string;
  /** The newest `rev` that the user had seen; missing while the client knew none, and nothing was sent. */
  readonly after?: number;
} & (
  | ({ readonly type: "send" } & Content)
  | { readonly type: "edit"; readonly seq: number; readonly text: string }
  | { readonly type: "delete"; readonly seq: number }
  | { readonly type: "react"; readonly seq: number; readonly emoji: string; readonly on: boolean }
);
