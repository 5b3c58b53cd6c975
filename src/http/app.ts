import { report } from "../logger.ts";
import { refusal } from "../protocol/errors.ts";
import { conversations } from "./conversations.ts";
import { addressLimited, authenticated, configured, factory } from "./door.ts";
import { health } from "./health.ts";
import { crossOrigin } from "./origins.ts";
import { methodRefused, problemResponse, RequestRefused } from "./problem.ts";
import { closedSocket, isUpgrade, openSocket, refuseForeignOrigin, refusesByClose } from "./socket.ts";

const app = factory.createApp();

app.onError((error, context) => {
  const refused = error instanceof RequestRefused ? error : new RequestRefused(refusal("internal"));
  if (!(error instanceof RequestRefused)) {
    // Its message may carry what a user wrote; its name says which kind of trouble it is.
    report("request_failed", { method: context.req.method, error: error.name });
  }
  if (refusesByClose(context.req.raw) && refused.refusal.code !== "origin_refused") {
    return closedSocket(refused.refusal);
  }
  return problemResponse(context, refused);
});

app.notFound((context) => problemResponse(context, new RequestRefused(refusal("not_found"))));

app.use(configured);

// Before everything that touches headers after the handler: an upgrade's answer cannot be changed.
app.on(
  "GET",
  "/v1/conversations/:peer/socket",
  addressLimited,
  async (context, next) => {
    if (isUpgrade(context.req.raw)) {
      refuseForeignOrigin(context);
    }
    await next();
  },
  authenticated,
  openSocket,
);

app.use(crossOrigin);
app.use(addressLimited);
app.get("/health", health);
app.all("/health", methodRefused("GET"));
app.use("/v1/*", authenticated, async (context, next) => {
  await next();
  context.header("cache-control", "no-store");
});
app.all("/v1/conversations/:peer/socket", methodRefused("GET"));
app.route("/v1/conversations", conversations);

export { app };
