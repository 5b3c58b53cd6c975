import type { Context } from "hono";
import { expiresHeader, userHeader } from "../protocol/internal-headers.ts";
import { errorCatalogue, refusal, type Refusal } from "../protocol/errors.ts";
import { socketQuerySchema } from "../protocol/rest.ts";
import { protocolVersion } from "../protocol/version.ts";
import { addressed } from "./conversations.ts";
import { offeredProtocols, type HttpEnv } from "./door.ts";
import { queryOf } from "./input.ts";
import { isAllowedOrigin } from "./origins.ts";
import { RequestRefused } from "./problem.ts";

export function isUpgrade(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

/** The upgrade's own origin check: a browser opens WebSockets to anywhere, and CORS does not stop it. */
export function refuseForeignOrigin(context: Context<HttpEnv>): void {
  const { allowedOrigins } = context.get("settings");
  if (!isAllowedOrigin(context.req.header("origin"), context.req.url, allowedOrigins)) {
    throw new RequestRefused(refusal("origin_refused"));
  }
}

/** Hands the socket to the conversation's object, with the verified user in headers that no client can set. */
export async function openSocket(context: Context<HttpEnv>): Promise<Response> {
  if (!isUpgrade(context.req.raw)) {
    throw new RequestRefused(refusal("upgrade_required"));
  }
  const { user, stub } = addressed(context);
  const { after } = queryOf(context, socketQuerySchema);
  const { expiresAtMs } = context.get("verified");
  const headers = new Headers({
    upgrade: "websocket",
    [userHeader]: encodeURIComponent(user),
    [expiresHeader]: String(expiresAtMs),
    ...(offersProtocol(context.req.raw) && { "sec-websocket-protocol": protocolVersion }),
  });
  // A client fails a connection whose answer names a subprotocol that it did not offer (RFC 6455 §4.1).
  if (offersProtocol(context.req.raw)) {
    headers.set("sec-websocket-protocol", protocolVersion);
  }
  const url = after === undefined ? "https://conversation/" : `https://conversation/?after=${after}`;
  return stub().fetch(url, { headers });
}

/**
 * A refused upgrade. A client that offered the subprotocol is one that cannot read a status (the WebSocket API hides
 * it), so it gets an open socket that closes with the code; one that sent a header reads the problem itself.
 */
export function refusesByClose(request: Request): boolean {
  return isUpgrade(request) && !request.headers.has("authorization") && offersProtocol(request);
}

function offersProtocol(request: Request): boolean {
  return offeredProtocols(request.headers.get("sec-websocket-protocol") ?? undefined).includes(
    protocolVersion,
  );
}

export function closedSocket({ code }: Refusal): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  const { closeCode, title } = errorCatalogue[code];
  server.accept();
  server.close(closeCode, `${code}: ${title}`);
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: { "sec-websocket-protocol": protocolVersion },
  });
}
