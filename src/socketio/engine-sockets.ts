import * as z from "zod";
import { requestIdHeader } from "../protocol/rest.ts";

/** What the WebSocket that is a session's transport remembers while its object sleeps. Fields are only added. */
export const attachmentSchema = z.object({
  path: z.string(),
  pulse: z.object({
    pingDueAtMs: z.number(),
    pingSentAtMs: z.number().optional(),
    connectByMs: z.number().optional(),
  }),
  kept: z.unknown(),
  /** What the log calls the session: the request that opened it. */
  requestId: z.string().optional(),
});

/** Both ends of an upgrade, whose answer names its request. */
export function upgraded(requestId: string): { readonly server: WebSocket; readonly response: Response } {
  const { 0: client, 1: server } = new WebSocketPair();
  const headers = { [requestIdHeader]: requestId };
  return { server, response: new Response(null, { status: 101, webSocket: client, headers }) };
}

/** A WebSocket that opens and closes at once: clients take a refused upgrade for trouble of the session's. */
export function closedSocket(requestId: string): Response {
  const { server, response } = upgraded(requestId);
  server.accept();
  server.close(1000, "");
  return response;
}

// One that broke has its close event on the way, which settles the rest.
export function attempt(run: () => void): void {
  try {
    run();
  } catch {
    return;
  }
}
