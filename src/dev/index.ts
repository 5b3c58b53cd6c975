// What `npm start` serves: the deployed Worker, and a sign-in as anybody, which no deployment has.
import app, { Conversation, Inbox } from "../index.ts";
import type { Env } from "../env.ts";
import { signIn, signInPath } from "./sign-in.ts";

export { Conversation, Inbox };

export default {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response> {
    return new URL(request.url).pathname === signInPath
      ? signIn(request, env)
      : app.fetch(request, env, context);
  },
};
