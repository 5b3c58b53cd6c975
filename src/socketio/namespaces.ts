import type { ErrorCode } from "../protocol/errors.ts";
import type { Data } from "./packets.ts";

/** What a namespace hears of one client that joined it. */
export interface Member {
  /** An event. The next one waits until this one was taken. */
  event(event: ReceivedEvent): void | Promise<void>;
  /**
   * The client left, or is gone; all its events that came before were taken. Called once. Resolves when nothing of them
   * is under way any more.
   */
  left(): void | Promise<void>;
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
export interface Link {
  emit(event: string, ...args: readonly unknown[]): void;
  /** Takes the client out of the namespace; it does not come back by itself. */
  disconnect(): void;
  /** Ends the transport, and takes no further event; clients come back by themselves. */
  end(): void;
  /** The client was refused something. */
  refused(code: ErrorCode): void;
}

/** Hears what becomes of a session, for whoever operates the Worker. */
export interface SessionWatch {
  /** `socketId`: what the client calls itself. */
  joined(socketId: string): void;
  refused(code: ErrorCode): void;
  failed(error: unknown): void;
}

/** Why a client may not join. */
export interface ConnectRefusal {
  readonly message: string;
  readonly data?: unknown;
}

export type Admission =
  | {
      readonly ok: true;
      readonly member: Member;
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
    link: Link,
  ): Promise<Admission> | Admission | undefined;
  /** A member as it was before the object slept. */
  restore(name: string, kept: unknown, link: Link): Member | undefined;
}

/** The session below. */
export interface Carrier {
  send(data: Data): void;
  end(): void;
  connectBy(atMs: number | undefined): void;
}
