import type { EngineListener, EngineOptions } from "./engine/session.ts";
import type { ClientTransport, SessionObserver } from "./namespaces.ts";

/** What runs on a session, and what of it survives the object's sleep. */
export interface Application extends EngineListener {
  readonly kept: unknown;
  /** Resolves once all that was received before the end of the session has been processed. */
  drained(): Promise<void>;
}

/** What an application runs with. */
export interface SessionContext {
  readonly sid: string;
  /** Below which path the session was opened. */
  readonly path: string;
  readonly transport: ClientTransport;
  readonly options: EngineOptions;
  readonly later: (ms: number, run: () => void) => void;
  readonly observer: SessionObserver;
}
