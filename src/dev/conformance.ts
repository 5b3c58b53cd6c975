import type { Env } from "../env.ts";
import { SocketIoSession } from "../index.ts";
import type { Application, Seat } from "../socketio/engine-session-object.ts";
import type { Link, Member, Namespaces } from "../socketio/namespaces.ts";

/** What outside suites for the protocols want to meet. */
const conformanceVariables = {
  SOCKETIO_PATHS: "/socket.io,/engine.io",
  SOCKETIO_PING_INTERVAL_MS: "300",
  SOCKETIO_PING_TIMEOUT_MS: "200",
  SOCKETIO_MAX_PAYLOAD_BYTES: "1000000",
  SOCKETIO_CONNECT_TIMEOUT_MS: "1000",
  ALLOWED_ORIGINS: "*",
};

/** Whether this local Worker was started for such a suite. */
export function isConformance(env: object): boolean {
  return (env as { readonly SOCKETIO_CONFORMANCE?: string }).SOCKETIO_CONFORMANCE === "1";
}

export function conformanceEnv(env: Env): Env {
  return isConformance(env) ? { ...env, ...conformanceVariables } : env;
}

/** The session of `npm start`: with `SOCKETIO_CONFORMANCE=1` it echoes, and serves nobody's messages. */
export class DevelopmentSession extends SocketIoSession {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, conformanceEnv(env));
  }

  protected override seat(seat: Seat, kept?: unknown): Application {
    return isConformance(this.env) && seat.path === "/engine.io" ? echo(seat) : super.seat(seat, kept);
  }

  protected override namespaces(seat: Seat): Namespaces {
    return isConformance(this.env) ? conformanceNamespaces : super.namespaces(seat);
  }
}

/** Engine.IO alone: every message comes back. */
function echo({ carrier }: Seat): Application {
  carrier.connectBy(undefined);
  return { kept: null, message: (data) => carrier.send(data), closed: () => undefined };
}

const conformanceNamespaces: Namespaces = {
  admit: (name, auth, link) =>
    name === "/" || name === "/custom"
      ? { ok: true, member: member(link), joined: () => link.emit("auth", auth) }
      : undefined,
  restore: (_name, _kept, link) => member(link),
};

function member(link: Link): Member {
  return {
    event: ({ args: [name, ...args], acknowledge }) => {
      if (name === "message") {
        link.emit("message-back", ...args);
      } else if (name === "message-with-ack") {
        acknowledge?.(...args);
      }
    },
    left: () => undefined,
  };
}
