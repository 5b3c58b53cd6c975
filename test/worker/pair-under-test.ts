import { env as testEnv, exports } from "cloudflare:workers";
import type { Env } from "../../src/env.ts";
import { signToken } from "../../src/commands/sign-token.ts";
import { pageSchema } from "../../src/protocol/rest.ts";
import { Device } from "./device.ts";
import { conversationOf, type ConversationStub } from "./stored.ts";

export const env = testEnv as unknown as Env;
const worker = (exports as unknown as { default: Fetcher }).default;

/** Two users nobody else uses, their conversation, and ways to it through the real Worker. */
export interface PairUnderTest {
  /** Side `a` and side `b`. */
  readonly users: readonly [string, string];
  /** Made anew for each use: one whose object was killed stays broken. */
  readonly stub: ConversationStub;
  /** REST as a user; `path` begins behind the peer. */
  readonly call: (user: string, method: string, path: string, body?: unknown) => Promise<Response>;
  readonly device: (user: string) => Device;
}

export function pairUnderTest(): PairUnderTest {
  const name = crypto.randomUUID();
  const users = [`alice-${name}`, `bob-${name}`] as const;
  const peerOf = (user: string) => (user === users[0] ? users[1] : users[0]);
  const ask = async (user: string, path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${await signToken(user, env.JWT_SECRET ?? "")}`);
    return worker.fetch(`https://pairline.test/v1/conversations/${peerOf(user)}${path}`, {
      ...init,
      headers,
    });
  };
  const call = (user: string, method: string, path: string, body?: unknown) =>
    ask(user, path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const device = (user: string) =>
    new Device({
      openSocket: async (after) => {
        const response = await ask(user, `/socket?after=${after}`, { headers: { upgrade: "websocket" } });
        if (response.webSocket === null) {
          throw new Error(`no socket: ${response.status}`);
        }
        return response.webSocket;
      },
      page: async (before, rev) =>
        pageSchema.parse(
          await (await call(user, "GET", `/messages?before=${before}&rev=${rev}&limit=100`)).json(),
        ),
    });
  return {
    users,
    get stub() {
      return conversationOf(env, users[0], users[1]);
    },
    call,
    device,
  };
}
