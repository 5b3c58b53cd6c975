import { bearerPrefix, protocolVersion } from "../protocol/version.ts";

/** A token of RFC 9110 §5.6.2. */
const isProtocolName = /^[\w!#$%&'*+.^`|~-]+$/;

export function isUpgrade(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

/** Whether the client speaks this version, and so takes its name as an answer. */
export function offersProtocol(request: Request): boolean {
  return offered(request).includes(protocolVersion);
}

/** Browsers cannot set headers on a WebSocket, so the token rides among the subprotocols; never in the URL, which is logged. */
export function tokenAmongProtocols(request: Request): string | undefined {
  const bearer = offered(request).find((protocol) => protocol.startsWith(bearerPrefix));
  return bearer?.slice(bearerPrefix.length);
}

/**
 * The subprotocol that an upgrade is answered with: clients fail a connection that is answered none of those that they
 * offered, or another one. Never a token, which would come back in a header of the answer.
 */
export function answeredProtocol(request: Request): string | undefined {
  return offersProtocol(request)
    ? protocolVersion
    : offered(request).find(
        (protocol) => isProtocolName.test(protocol) && !protocol.toLowerCase().startsWith(bearerPrefix),
      );
}

function offered(request: Request): string[] {
  return (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((protocol) => protocol.trim());
}
