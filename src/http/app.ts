import type { Context } from "hono";
import { matchedRoutes } from "hono/route";
import { archiveRefusal } from "../archive/archive-refusal.ts";
import { ArchiveError } from "../archive/database.ts";
import { errorCatalogue, refusal } from "../protocol/errors.ts";
import { errorName } from "../observability/log-events.ts";
import { admin } from "./admin.ts";
import { chats } from "./chats.ts";
import { conversations } from "./conversations.ts";
import { addressLimited, authenticated, loadConfig, factory, type HttpEnv } from "./door.ts";
import { health } from "./health.ts";
import { list } from "./list.ts";
import { allowedOrigin } from "./origins.ts";
import { methodRefused, problemResponse, HttpError } from "./problem.ts";
import { me } from "./me.ts";
import { socketIo } from "./socket-io.ts";
import { closedSocket, openInboxSocket, openSocket, refusesByClose } from "./socket.ts";
import { nameRequest } from "./request-id.ts";
import { users } from "./users.ts";

const app = factory.createApp();

app.onError((error, context) => {
  const refused = httpErrorFrom(error);
  reportError(context, refused, error);
  return errorResponse(context, refused);
});

app.notFound((context) => {
  const refused = new HttpError(refusal("not_found"));
  reportError(context, refused, refused);
  return errorResponse(context, refused);
});

app.use(nameRequest, loadConfig, socketIo, allowedOrigin, addressLimited);

// Before everything that touches headers behind a handler: an upgrade's answer cannot be changed.
app.get("/v1/conversations/:peer/socket", authenticated, openSocket);
app.get("/v1/socket", authenticated, openInboxSocket);

app.get("/health", health);
app.all("/health", methodRefused("GET"));
// Before the users' tokens are asked for: the app's team has a key of its own.
app.route("/v1/admin", admin);
// It asks for tokens itself, and not everywhere.
app.route("/api/chats", chats);
app.use("/v1/*", authenticated, async (context, next) => {
  await next();
  context.header("cache-control", "no-store");
});
app.all("/v1/conversations/:peer/socket", methodRefused("GET"));
app.all("/v1/socket", methodRefused("GET"));
app.route("/v1/me", me);
app.get("/v1/conversations", list);
app.all("/v1/conversations", methodRefused("GET"));
app.route("/v1/conversations", conversations);
app.route("/v1/users", users);

function httpErrorFrom(error: Error): HttpError {
  if (error instanceof HttpError) {
    return error;
  }
  return new HttpError(error instanceof ArchiveError ? archiveRefusal(error) : refusal("internal"));
}

/** Counts a refusal; one that is the server's own fault is a line too. */
function reportError(context: Context<HttpEnv>, { refusal: { code } }: HttpError, error: Error): void {
  const { status } = errorCatalogue[code];
  const { report, countRefusal } = context.get("observer");
  countRefusal(code);
  if (status >= 500) {
    const { method } = context.req;
    const route = matchedRoutes(context).at(-1)?.path ?? "";
    const requestId = context.get("requestId");
    // Its message may carry what a user wrote; its name says which kind of trouble it is.
    report("request_failed", { requestId, method, route, status, code, error: errorName(error) });
  }
}

function errorResponse(context: Context<HttpEnv>, refused: HttpError): Response {
  const requestId = context.get("requestId");
  return refusesByClose(context.req.raw)
    ? closedSocket(refused.refusal, requestId)
    : problemResponse(context, refused, requestId);
}

export { app };
