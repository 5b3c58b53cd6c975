import type { Context } from "hono";
import { encodedProfile, expiresHeader, profileHeader, userHeader } from "../protocol/internal-headers.ts";
import { errorCatalogue, refusal, type Refusal } from "../protocol/errors.ts";
import { socketQuerySchema } from "../protocol/rest.ts";
import { fitsBytes } from "../protocol/text.ts";
import { protocolVersion } from "../protocol/version.ts";
import { profileOf } from "../users/resolve.ts";
import { addressed } from "./conversations.ts";
import type { HttpEnv } from "./door.ts";
import { queryOf } from "./input.ts";
import { RequestRefused } from "./problem.ts";
import { isUpgrade, offersProtocol } from "./upgrade.ts";

/** Hands the socket to the conversation's object, with the verified user in headers that no client can set. */
export async function openSocket(context: Context<HttpEnv>): Promise<Response> {
  if (!isUpgrade(context.req.raw)) {
    throw new RequestRefused(refusal("upgrade_required"));
  }
  const { user, peer, stub } = await addressed(context);
  const { after } = queryOf(context, socketQuerySchema);
  const { expiresAtMs } = context.get("verified");
  const headers = new Headers({
    upgrade: "websocket",
    [userHeader]: encodeURIComponent(user),
    [expiresHeader]: String(expiresAtMs),
  });
  const profile = await profileOf(context.env.DB, context.get("settings"), peer, Date.now());
  if (profile !== undefined) {
    headers.set(profileHeader, encodedProfile(profile));
  }
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

export function closedSocket({ code, message }: Refusal): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(errorCatalogue[code].closeCode, closeReason(code, message));
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: { "sec-websocket-protocol": protocolVersion },
  });
}

/** A reason may be 123 bytes long (RFC 6455 §5.5). */
function closeReason(code: string, message: string): string {
  const reason = `${code}: ${message}`;
  return fitsBytes(reason, 123) ? reason : code;
}
