import type { Context } from "hono";
import {
  encodedProfile,
  expiresHeader,
  profileHeader,
  socketRequestHeader,
  userHeader,
} from "../rpc/upgrade-headers.ts";
import { errorCatalogue, refusal, type Refusal } from "../protocol/errors.ts";
import { requestIdHeader, socketQuerySchema } from "../protocol/rest.ts";
import { fitsBytes } from "../protocol/text.ts";
import { protocolVersion } from "../protocol/version.ts";
import { profileOf } from "../users/resolve.ts";
import { conversationFromPath } from "./addressed.ts";
import type { HttpEnv } from "./door.ts";
import { queryOf } from "./input.ts";
import { HttpError } from "./problem.ts";
import { answeredProtocol, isUpgrade, offersProtocol } from "./upgrade.ts";

/** Hands the socket to the conversation's object. */
export async function openSocket(context: Context<HttpEnv>): Promise<Response> {
  const headers = upgradeHeaders(context);
  const { peer, stub } = await conversationFromPath(context);
  const { after } = queryOf(context, socketQuerySchema);
  const profile = await profileOf(context.env.DB, context.get("settings"), peer, Date.now());
  if (profile !== undefined) {
    headers.set(profileHeader, encodedProfile(profile));
  }
  const url = after === undefined ? "https://conversation/" : `https://conversation/?after=${after}`;
  return stub().fetch(url, { headers });
}

/** Hands the socket to the inbox of the token's user. */
export async function openInboxSocket(context: Context<HttpEnv>): Promise<Response> {
  const headers = upgradeHeaders(context);
  const { user } = context.get("verified");
  return context.env.INBOXES.getByName(user).fetch("https://inbox/", { headers });
}

/** What the object is told of an upgrade: the verified user, in headers that no client can set. */
function upgradeHeaders(context: Context<HttpEnv>): Headers {
  if (!isUpgrade(context.req.raw)) {
    throw new HttpError(refusal("upgrade_required"));
  }
  const { user, expiresAtMs } = context.get("verified");
  const headers = new Headers({
    upgrade: "websocket",
    [userHeader]: encodeURIComponent(user),
    [expiresHeader]: String(expiresAtMs),
    [socketRequestHeader]: context.get("requestId"),
  });
  const protocol = answeredProtocol(context.req.raw);
  if (protocol !== undefined) {
    headers.set("sec-websocket-protocol", protocol);
  }
  return headers;
}

/**
 * A refused upgrade. A client that offered the subprotocol is one that cannot read a status (the WebSocket API hides
 * it), so it gets an open socket that closes with the code; one that sent a header reads the problem itself.
 */
export function refusesByClose(request: Request): boolean {
  return isUpgrade(request) && !request.headers.has("authorization") && offersProtocol(request);
}

export function closedSocket({ code, message }: Refusal, requestId: string): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(errorCatalogue[code].closeCode, closeReason(code, message));
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: { "sec-websocket-protocol": protocolVersion, [requestIdHeader]: requestId },
  });
}

/** A reason may be 123 bytes long (RFC 6455 §5.5). */
function closeReason(code: string, message: string): string {
  const reason = `${code}: ${message}`;
  return fitsBytes(reason, 123) ? reason : code;
}
