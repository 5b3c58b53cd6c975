import { bearerPrefix, protocolVersion } from "../protocol/version.ts";

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

function offered(request: Request): string[] {
  return (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((protocol) => protocol.trim());
}
