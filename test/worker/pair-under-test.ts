import { pageSchema } from "../../src/protocol/rest.ts";
import { conversationUrl, env, freshUsers, rest, socketOf, tokenFor, worker } from "./clients.ts";
import { Device } from "./device.ts";
import { conversationOf, type ConversationStub } from "./stored.ts";

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
  const { a, b } = freshUsers();
  const call = (user: string, method: string, path: string, body?: unknown) =>
    rest(user, user === a ? b : a, method, path, body);
  const device = (user: string) =>
    new Device({
      openSocket: async (after) => {
        const headers = { upgrade: "websocket", authorization: `Bearer ${await tokenFor(user)}` };
        const url = conversationUrl(user === a ? b : a, `/socket?after=${after}`);
        return socketOf(await worker.fetch(url, { headers }));
      },
      page: async (before, rev) => {
        const path = `/messages?before=${before}&rev=${rev}&limit=100`;
        return pageSchema.parse(await (await call(user, "GET", path)).json());
      },
    });
  return {
    users: [a, b],
    get stub() {
      return conversationOf(env, a, b);
    },
    call,
    device,
  };
}
