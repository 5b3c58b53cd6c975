import type { MiddlewareHandler } from "hono";
import { createObserver, type Observer } from "../observability/index.ts";
import { requestIdHeader } from "../protocol/rest.ts";
import type { HttpEnv } from "./door.ts";

/** The platform's own name of a request. What else stands in the header, a client wrote before a local Worker. */
const rayId = /^[0-9a-f]{16}(-[A-Z]{3})?$/;

/** Names the request, in its answer too: who shows the answer to support shows where to look in the log. */
export const nameRequest: MiddlewareHandler<HttpEnv> = async (context, next) => {
  const ray = context.req.header("cf-ray") ?? "";
  const requestId = rayId.test(ray) ? ray : crypto.randomUUID();
  context.set("requestId", requestId);
  context.set("observer", workerObserver(context.env));
  await next();
  // An upgrade's answer cannot be changed: whoever accepts the socket names it.
  if (context.res.status !== 101) {
    context.header(requestIdHeader, requestId);
  }
};

interface Door {
  readonly METRICS: HttpEnv["Bindings"]["METRICS"] | undefined;
  readonly LOG_LINES: string | undefined;
  readonly observer: Observer;
}

let door: Door | undefined;

/** One for all requests of the isolate, so that refusals are counted together. */
function workerObserver(env: HttpEnv["Bindings"]): Observer {
  const { METRICS, LOG_LINES } = env;
  if (door === undefined || door.METRICS !== METRICS || door.LOG_LINES !== LOG_LINES) {
    door = { METRICS, LOG_LINES, observer: createObserver(env, { kind: "door", id: "door" }) };
  }
  return door.observer;
}
