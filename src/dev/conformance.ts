import type { Env } from "../env.ts";
import { SocketIoSession } from "../index.ts";
import type { Application, SessionContext } from "../socketio/application.ts";
import type { NamespaceSocket, ClientHandler, Namespaces } from "../socketio/namespaces.ts";

/** What outside suites for the protocols want to meet. */
const slow = {
  SOCKETIO_PATHS: "/socket.io,/engine.io",
  SOCKETIO_MAX_PAYLOAD_BYTES: "1000000",
  ALLOWED_ORIGINS: "*",
};
const quick = {
  ...slow,
  SOCKETIO_PING_INTERVAL_MS: "300",
  SOCKETIO_PING_TIMEOUT_MS: "200",
  SOCKETIO_CONNECT_TIMEOUT_MS: "1000",
};
/** By `SOCKETIO_CONFORMANCE`. `slow` has the deployment's own times, for tests that are not about them. */
const modes: Readonly<Record<string, Partial<Env>>> = { "1": quick, slow };

/** The bindings of a local Worker, as the suite that it was started for wants them. */
export function conformanceEnv(env: Env): Env {
  return { ...env, ...modeOf(env) };
}

function modeOf(env: object): Partial<Env> | undefined {
  return modes[(env as { readonly SOCKETIO_CONFORMANCE?: string }).SOCKETIO_CONFORMANCE ?? ""];
}

/** The session of `npm start`: with `SOCKETIO_CONFORMANCE=1` it echoes, and serves nobody's messages. */
export class DevelopmentSession extends SocketIoSession {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, conformanceEnv(env));
  }

  protected override createApplication(context: SessionContext, kept?: unknown): Application {
    return modeOf(this.env) !== undefined && context.path === "/engine.io"
      ? echo(context)
      : super.createApplication(context, kept);
  }

  protected override namespaces(context: SessionContext): Namespaces {
    return modeOf(this.env) !== undefined ? conformanceNamespaces : super.namespaces(context);
  }
}

/** Engine.IO alone: every message comes back. */
function echo({ transport }: SessionContext): Application {
  transport.connectBy(undefined);
  return {
    kept: null,
    onMessage: (data) => transport.send(data),
    onClosed: () => undefined,
    drained: async () => undefined,
  };
}

const conformanceNamespaces: Namespaces = {
  admit: (name, auth, link) =>
    name === "/" || name === "/custom"
      ? { ok: true, member: member(link), joined: () => link.emit("auth", auth) }
      : undefined,
  restore: (_name, _kept, link) => member(link),
};

function member(link: NamespaceSocket): ClientHandler {
  return {
    onEvent: ({ args: [name, ...args], acknowledge }) => {
      if (name === "message") {
        link.emit("message-back", ...args);
      } else if (name === "message-with-ack") {
        acknowledge?.(...args);
      }
    },
    onLeft: () => undefined,
  };
}
