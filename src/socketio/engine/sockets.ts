import * as z from "zod";
import { socketRequestHeader } from "../../rpc/upgrade-headers.ts";
import { requestIdHeader } from "../../protocol/rest.ts";

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

/** An upgrade, as the Worker hands it over. */
export interface Upgrade {
  readonly requestId: string;
  /** The subprotocol to answer with. */
  readonly protocol: string | undefined;
}

/** The upgrade that a request asks for; undefined when it is none. */
export function upgradeOf({ headers }: Request): Upgrade | undefined {
  if (!headers.has("upgrade")) {
    return undefined;
  }
  const protocol = headers.get("sec-websocket-protocol") ?? undefined;
  return { requestId: headers.get(socketRequestHeader) ?? "unknown", protocol };
}

/** Both ends of an upgrade, whose answer names its request. */
export function upgraded({ requestId, protocol }: Upgrade): {
  readonly server: WebSocket;
  readonly response: Response;
} {
  const { 0: client, 1: server } = new WebSocketPair();
  const headers = {
    [requestIdHeader]: requestId,
    ...(protocol !== undefined && { "sec-websocket-protocol": protocol }),
  };
  return { server, response: new Response(null, { status: 101, webSocket: client, headers }) };
}

/** A WebSocket that opens and closes at once: clients take a refused upgrade for trouble of the session's. */
export function closedSocket(upgrade: Upgrade): Response {
  const { server, response } = upgraded(upgrade);
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
