import type { Context } from "hono";
import { archiveRefusal } from "../archive/archive-refusal.ts";
import { ArchiveError } from "../archive/database.ts";
import { report } from "../logger.ts";
import { refusal } from "../protocol/errors.ts";
import { admin } from "./admin.ts";
import { chats } from "./chats.ts";
import { conversations } from "./conversations.ts";
import { addressLimited, authenticated, configured, factory } from "./door.ts";
import { health } from "./health.ts";
import { list } from "./list.ts";
import { allowedOrigin } from "./origins.ts";
import { methodRefused, problemResponse, RequestRefused } from "./problem.ts";
import { me } from "./me.ts";
import { socketIo } from "./socket-io.ts";
import { closedSocket, openInboxSocket, openSocket, refusesByClose } from "./socket.ts";
import { users } from "./users.ts";

const app = factory.createApp();

app.onError((error, context) => {
  if (error instanceof RequestRefused) {
    return refuse(context, error);
  }
  if (error instanceof ArchiveError) {
    return refuse(context, new RequestRefused(archiveRefusal(error)));
  }
  // Its message may carry what a user wrote; its name says which kind of trouble it is.
  report("request_failed", { method: context.req.method, error: error.name });
  return refuse(context, new RequestRefused(refusal("internal")));
});

app.notFound((context) => refuse(context, new RequestRefused(refusal("not_found"))));

app.use(configured, socketIo, allowedOrigin, addressLimited);

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

/** A foreign origin is never given a socket, not even one that closes. */
function refuse(context: Context, refused: RequestRefused): Response {
  const byClose = refusesByClose(context.req.raw) && refused.refusal.code !== "origin_refused";
  return byClose ? closedSocket(refused.refusal) : problemResponse(context, refused);
}

export { app };
