/** What an inbox may call on the object of a Socket.IO session. */
export interface SessionRpc extends Rpc.DurableObjectBranded {
  /** An Engine.IO request. */
  fetch(request: Request): Promise<Response>;
  /** Takes frames for the client, as JSON, and its end. Returns whether the session belongs to this user. */
  push(user: string, frames: readonly string[], end: SessionEnd | undefined): boolean;
}

/** Why an inbox ends a session, as the code and reason with which it would close a WebSocket. */
export interface SessionEnd {
  readonly code: number;
  readonly reason: string;
}
