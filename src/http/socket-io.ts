import type { Context, MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { engineErrorResponse, readEngineRequest } from "../socketio/engine/request.ts";
import { socketRequestHeader } from "../rpc/upgrade-headers.ts";
import { requestIdHeader } from "../protocol/rest.ts";
import { countAddress, type HttpEnv } from "./door.ts";
import { isAllowedOrigin } from "./origins.ts";
import { answeredProtocol, isUpgrade } from "./upgrade.ts";

/** Socket.IO clients, below the paths that the configuration names. Every answer can be read by the client's page, errors too. */
export const socketIo: MiddlewareHandler<HttpEnv> = async (context, next) => {
  const { socketIo: settings, allowedOrigins } = context.get("settings");
  const url = new URL(context.req.url);
  const path = url.pathname.replace(/\/$/, "");
  if (!settings.paths.includes(path)) {
    return next();
  }
  const isAllowed = isAllowedOrigin(context.req.header("origin"), context.req.url, allowedOrigins);
  // Browsers open WebSockets to anywhere, and an upgrade's answer cannot be changed.
  if (isUpgrade(context.req.raw)) {
    return isAllowed ? serve(context, path, url.searchParams) : forbidden(context);
  }
  const handler = cors({
    origin: (origin) => (isAllowed ? origin : null),
    credentials: true,
    allowMethods: ["GET", "POST"],
    exposeHeaders: [requestIdHeader],
    maxAge: 86_400,
  });
  return handler(context, async () => {
    context.res = isAllowed ? await serve(context, path, url.searchParams) : forbidden(context);
  });
};

async function serve(context: Context<HttpEnv>, path: string, query: URLSearchParams): Promise<Response> {
  const { raw } = context.req;
  const asked = readEngineRequest(query, raw.method, isUpgrade(raw));
  if (asked.kind === "refused") {
    return engineErrorResponse(asked.error);
  }
  const namespace = context.env.SOCKETIO_SESSIONS;
  if (asked.kind === "handshake") {
    await countAddress(context, context.env.ADDRESS_LIMIT);
    return namespace
      .get(namespace.newUniqueId())
      .fetch(
        requestFor(`https://session${path}?handshake=${asked.transport}`, raw, context.get("requestId")),
      );
  }
  const id = sessionId(namespace, asked.sid);
  if (id === undefined) {
    return engineErrorResponse("unknownSession");
  }
  if (asked.transport === "websocket" && !isUpgrade(raw)) {
    return engineErrorResponse("badRequest");
  }
  if (raw.method !== "GET" && raw.method !== "POST") {
    return engineErrorResponse("badRequest");
  }
  // Who has an id need not have a user, and the id of a session that ended still leads to its object.
  await countAddress(context, context.env.SESSION_LIMIT);
  return namespace.get(id).fetch(requestFor(`https://session${path}`, raw, context.get("requestId")));
}

function forbidden(context: Context<HttpEnv>): Response {
  context.get("observer").countRefusal("origin_refused");
  return engineErrorResponse("forbidden");
}

/** Of the client's request the session gets what it is about, and no header of the client's but these. */
function requestFor(url: string, request: Request, requestId: string): Request {
  const { method, headers, body } = request;
  const passed = new Headers({ [socketRequestHeader]: requestId });
  const protocol = isUpgrade(request) ? answeredProtocol(request) : undefined;
  if (protocol !== undefined) {
    passed.set("sec-websocket-protocol", protocol);
  }
  for (const name of ["upgrade", "content-type"]) {
    const value = headers.get(name);
    if (value !== null) {
      passed.set(name, value);
    }
  }
  return new Request(url, { method, headers: passed, body });
}

/** The object id of a session; undefined if this namespace never issued it, or if its letters are in another case. */
function sessionId(namespace: DurableObjectNamespace, sid: string): DurableObjectId | undefined {
  try {
    const id = namespace.idFromString(sid);
    return id.toString() === sid ? id : undefined;
  } catch {
    return undefined;
  }
}
