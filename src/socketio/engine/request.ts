/** Errors of Engine.IO's HTTP side, with the codes and texts that its reference server gives them. */
export const engineErrors = {
  unknownTransport: { status: 400, code: 0, message: "Transport unknown" },
  unknownSession: { status: 400, code: 1, message: "Session ID unknown" },
  badHandshakeMethod: { status: 400, code: 2, message: "Bad handshake method" },
  badRequest: { status: 400, code: 3, message: "Bad request" },
  forbidden: { status: 403, code: 4, message: "Forbidden" },
  unsupportedVersion: { status: 400, code: 5, message: "Unsupported protocol version" },
} as const;

export type EngineError = keyof typeof engineErrors;

export type TransportName = "polling" | "websocket";

/** What a request asks for: a new session, or something of one that it names. */
export type EngineRequest =
  | { readonly kind: "handshake"; readonly transport: TransportName }
  | { readonly kind: "session"; readonly sid: string; readonly transport: TransportName }
  | { readonly kind: "refused"; readonly error: EngineError };

/** Judges a request by its address and method, in the order of the reference server: transport, session, method, version. */
export function readEngineRequest(query: URLSearchParams, method: string, isUpgrade: boolean): EngineRequest {
  const sid = query.get("sid");
  // Dart clients on a phone open a WebSocket with `transport=polling` (socket.io-client-dart #251).
  const transport = isUpgrade ? "websocket" : query.get("transport");
  if (transport !== "polling" && transport !== "websocket") {
    return refused("unknownTransport");
  }
  if (sid !== null) {
    return { kind: "session", sid, transport };
  }
  if (method !== "GET") {
    return refused("badHandshakeMethod");
  }
  if (transport === "websocket" && !isUpgrade) {
    return refused("badRequest");
  }
  return query.get("EIO") === "4" ? { kind: "handshake", transport } : refused("unsupportedVersion");
}

/** The answer that tells an error. */
export function engineErrorResponse(error: EngineError): Response {
  const { status, code, message } = engineErrors[error];
  return Response.json({ code, message }, { status, headers: { "cache-control": "no-store" } });
}

function refused(error: EngineError): EngineRequest {
  return { kind: "refused", error };
}
