// What `npm start` serves: the deployed Worker, and what no deployment has: a sign-in as anybody, any loopback origin
// allowed, and a mode for suites that prove the Socket.IO protocol.
import app, { Conversation, Inbox } from "../index.ts";
import type { Env } from "../env.ts";
import { conformanceEnv, DevelopmentSession } from "./conformance.ts";
import { allowLoopbackOrigin } from "./loopback.ts";
import { signIn, signInPath } from "./sign-in.ts";

export { Conversation, Inbox, DevelopmentSession as SocketIoSession };

export default {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response> {
    return new URL(request.url).pathname === signInPath
      ? signIn(request, env)
      : app.fetch(request, conformanceEnv(allowLoopbackOrigin(env, request)), context);
  },
};
