import { env as testEnv, exports } from "cloudflare:workers";
import { sign } from "hono/utils/jwt/jwt";
import { onTestFinished, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import { problemSchema, type Problem } from "../../src/protocol/problem.ts";
import { bearerPrefix, protocolVersion } from "../../src/protocol/version.ts";
import { serverFrameSchema, type ServerFrame } from "../../src/protocol/server-frame.ts";
import { SocketClient } from "./socket-client.ts";

export const env = testEnv as unknown as Env;
export const worker = (exports as unknown as { default: Fetcher }).default;
export const origin = "https://pairline.test";
export const secret = "a-secret-for-tests-only-of-32-characters";

/** Gives the deployment other bindings or variables until the test is over; an empty variable counts as unset. */
export function deployWith(bindings: Partial<Env>): void {
  const before = Object.fromEntries(Object.keys(bindings).map((name) => [name, env[name as keyof Env]]));
  Object.assign(env, bindings);
  onTestFinished(() => void Object.assign(env, before));
}

/** A clock for the Worker and for objects that start from now on, until the test is over: answers the way to let seconds pass. */
export function controlledClock(): (seconds: number) => void {
  const realNow = Date.now;
  let aheadMs = 0;
  const clock = vi.spyOn(Date, "now").mockImplementation(() => realNow() + aheadMs);
  onTestFinished(() => clock.mockRestore());
  return (seconds) => {
    aheadMs += seconds * 1_000;
  };
}

/** Two users nobody else uses, `a` sorting before `b`. */
export function freshUsers(): { readonly a: string; readonly b: string } {
  const name = crypto.randomUUID();
  return { a: `alice-${name}`, b: `bob-${name}` };
}

/** A token of the deployment under test; it ends `seconds` from now. */
export function tokenFor(user: string, seconds = 600): Promise<string> {
  return tokenWith({ sub: user, exp: nowSeconds() + seconds });
}

/** A token that says exactly this. */
export function tokenWith(claims: Readonly<Record<string, unknown>>, key = secret): Promise<string> {
  return sign({ ...claims }, key);
}

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}

export function conversationUrl(peer: string, path = ""): string {
  return `${origin}/v1/conversations/${encodeURIComponent(peer)}${path}`;
}

/** REST as a user. `path` begins behind the peer; a body that is no text is sent as JSON. */
export async function rest(
  user: string,
  peer: string,
  method: string,
  path = "",
  body?: unknown,
): Promise<Response> {
  return worker.fetch(conversationUrl(peer, path), {
    method,
    headers: { authorization: `Bearer ${await tokenFor(user)}` },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

/** The body of a refusal. Throws where it is none. */
export async function problemOf(response: Response): Promise<Problem> {
  return problemSchema.parse(await response.json());
}

/** The headers of an upgrade as a browser sends it: the token among the subprotocols. */
export function upgradeHeaders(token: string): Record<string, string> {
  return {
    upgrade: "websocket",
    "sec-websocket-protocol": `${protocolVersion}, ${bearerPrefix}${token}`,
  };
}

/** Opens a socket with the given token; `query` is what stands behind the path, with its `?`. */
export async function openWith(token: string, peer: string, query = ""): Promise<Client> {
  const response = await worker.fetch(conversationUrl(peer, `/socket${query}`), {
    headers: upgradeHeaders(token),
  });
  return new Client(socketOf(response));
}

/** Opens a socket as a user and waits for its `ready`. */
export async function connect(user: string, peer: string, after?: number): Promise<Client> {
  const client = await openWith(await tokenFor(user), peer, after === undefined ? "" : `?after=${after}`);
  await client.first("ready");
  return client;
}

/** The socket of an answer to an upgrade. Throws where there is none. */
export function socketOf(response: Response): WebSocket {
  if (response.webSocket === null) {
    throw new Error(`no socket, but status ${response.status}`);
  }
  return response.webSocket;
}

/** One device's socket to one conversation. */
export class Client extends SocketClient<ServerFrame> {
  constructor(socket: WebSocket) {
    super(socket, (value) => serverFrameSchema.parse(value));
  }

  /** Sends a message and returns what it was answered, an `ack` or an `error`. */
  async say(text: string, more: { id?: string; after?: number } = {}): Promise<ServerFrame> {
    const id = more.id ?? crypto.randomUUID();
    const from = this.frames.length;
    this.send({ type: "send", id, text, ...more });
    return this.answer(from, id);
  }
}
