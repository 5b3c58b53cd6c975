import type { ErrorCode } from "../protocol/errors.ts";
import type { Data } from "./engine/packets.ts";

/** What a namespace hears of one client that joined it. */
export interface ClientHandler {
  /** An event. The next one waits until this one was taken. */
  onEvent(event: ReceivedEvent): void | Promise<void>;
  /**
   * The client left, or is gone; all its events that came before were taken. Called once. Resolves when nothing of them
   * is under way any more.
   */
  onLeft(): void | Promise<void>;
  /** What survives the object's sleep, as JSON. */
  readonly kept?: unknown;
}

export interface ReceivedEvent {
  /** The event's name first. */
  readonly args: readonly unknown[];
  /** Whether bytes are among them. */
  readonly isBinary: boolean;
  readonly acknowledge: Acknowledge | undefined;
}

/** Answers an event whose client asked for it; the second time does nothing. */
export type Acknowledge = (...args: readonly unknown[]) => void;

/** The way to one client on one namespace. */
export interface NamespaceSocket {
  emit(event: string, ...args: readonly unknown[]): void;
  /** Takes the client out of the namespace; it does not come back by itself. */
  disconnect(): void;
  /** Ends the transport, and takes no further event; clients come back by themselves. */
  end(): void;
  /** The client was refused something. */
  countRefusal(code: ErrorCode): void;
}

/** Hears what becomes of a session, for whoever operates the Worker. */
export interface SessionObserver {
  /** `socketId`: what the client calls itself. */
  onJoined(socketId: string): void;
  countRefusal(code: ErrorCode): void;
  onFailure(error: unknown): void;
}

/** Why a client may not join. */
export interface ConnectRefusal {
  readonly message: string;
  readonly data?: unknown;
}

export type Admission =
  | {
      readonly ok: true;
      readonly member: ClientHandler;
      /** Runs once the client was told. */ readonly joined?: () => void;
    }
  | {
      readonly ok: false;
      readonly refusal: ConnectRefusal;
      /** The client may not even try again on this session. */
      readonly endsSession?: boolean;
    };

/** What is served on which namespace. */
export interface Namespaces {
  /** Lets a client in, or says why not; undefined where there is no such namespace. */
  admit(
    name: string,
    auth: Readonly<Record<string, unknown>>,
    link: NamespaceSocket,
  ): Promise<Admission> | Admission | undefined;
  /** A member as it was before the object slept. */
  restore(name: string, kept: unknown, link: NamespaceSocket): ClientHandler | undefined;
}

/** The session below. */
export interface ClientTransport {
  send(data: Data): void;
  end(): void;
  connectBy(atMs: number | undefined): void;
}
