import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { expect, onTestFinished, vi } from "vitest";
import { stubOf } from "../by-hand.ts";
import {
  connect,
  controlledClock,
  conversationUrl,
  deployWith,
  nowSeconds,
  origin,
  tokenFor,
  tokenWith,
  worker,
} from "../clients.ts";
import { connectInbox, inboxOf } from "../inbox-client.ts";
import { interceptCalls } from "../object-calls.ts";
import { connectSocketIo, openSession, sessionOf } from "../socket-io-client.ts";
import { d1Down, posted, postedAndArchived, requestId, some, throwing, type Faults } from "./fault.ts";

async function sessionEnded(user: string): Promise<void> {
  const client = await connectSocketIo(user);
  client.close();
}

async function sessionLost(user: string): Promise<void> {
  const client = await connectSocketIo(user);
  const stub = sessionOf(await client.sid());
  await evictDurableObject(stub, { webSockets: "close" });
  await client.closed();
  await runDurableObjectAlarm(stub);
}

/** Of clients: their sockets, sessions and requests, and who they are. */
export const faultsOfClients = {
  socket_opened: {
    object: "conversation",
    fields: { requestId, sockets: 1 },
    provoke: ({ a, b }) => connect(a, b),
  },
  socket_closed: {
    object: "inbox",
    fields: { requestId, code: 4711, by: "client", openMs: some, sockets: 0 },
    provoke: async ({ a }) => (await connectInbox(a)).close(4711),
  },
  session_opened: {
    object: "session",
    fields: { requestId, transport: "websocket", sockets: 1 },
    provoke: async () => (await openSession()).close(),
  },
  session_joined: {
    object: "session",
    fields: { requestId, socketId: expect.any(String) as string },
    provoke: ({ a }) => connectSocketIo(a),
  },
  session_ended: {
    object: "session",
    fields: { requestId, sockets: 0 },
    provoke: ({ a }) => sessionEnded(a),
  },
  session_lost: { object: "session", fields: {}, provoke: ({ a }) => sessionLost(a) },
  session_push_failed: {
    object: "inbox",
    fields: {},
    provoke: async ({ a, b }) => {
      const client = await connectSocketIo(a);
      await interceptCalls(sessionOf(await client.sid()), "push", throwing);
      await posted(b, a);
    },
  },
  session_call_failed: {
    object: "session",
    fields: { requestId, error: "Error" },
    provoke: async ({ a }) => {
      await interceptCalls(inboxOf(a), "attach", throwing);
      const client = await openSession();
      client.send(`40${JSON.stringify({ token: await tokenFor(a) })}`);
    },
  },
  session_detach_failed: {
    object: "session",
    fields: { requestId, tries: 3 },
    provoke: async ({ a }) => {
      const client = await connectSocketIo(a);
      await interceptCalls(inboxOf(a), "detach", throwing);
      client.close();
    },
  },
  request_failed: {
    object: "door",
    fields: {
      requestId,
      method: "GET",
      route: "/v1/conversations",
      status: 503,
      code: "archive_unavailable",
      error: "ArchiveError",
    },
    provoke: async ({ a }) => {
      d1Down();
      const headers = { authorization: `Bearer ${await tokenFor(a)}` };
      await worker.fetch(`${origin}/v1/conversations`, { headers });
    },
  },
  frame_failed: {
    object: "inbox",
    fields: { requestId, code: "archive_unavailable" },
    provoke: async ({ a, b }) => {
      const inbox = await connectInbox(a);
      d1Down();
      inbox.send({ type: "subscribe", peers: [b] });
    },
  },
  sign_in_not_kept: {
    object: "door",
    fields: { requestId },
    provoke: async ({ a, b }) => {
      d1Down();
      const token = await tokenWith({ sub: a, name: "Alice", exp: nowSeconds() + 600 });
      await worker.fetch(conversationUrl(b), { headers: { authorization: `Bearer ${token}` } });
    },
  },
  keys_refresh_failed: {
    object: "door",
    fields: { error: "Error", keys: 0 },
    provoke: async ({ a, b }) => {
      deployWith({ JWT_JWKS_URL: `https://keys.example/${a}` });
      const fetching = vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response("away", { status: 503 }));
      onTestFinished(() => fetching.mockRestore());
      const token = `${btoa(JSON.stringify({ alg: "RS256", kid: "new" }))}.e30.AA`;
      await worker.fetch(conversationUrl(b), { headers: { authorization: `Bearer ${token}` } });
    },
  },
  user_lookup_failed: {
    object: "door",
    fields: { fault: "unavailable", failures: some },
    provoke: async ({ a, b }) => {
      // Not so soon behind another test's.
      controlledClock()(3_600);
      d1Down();
      await connect(a, b);
    },
  },
  inbox_list_unavailable: {
    object: "inbox",
    fields: { requestId },
    provoke: async ({ a }) => {
      d1Down();
      await connectInbox(a);
    },
  },
  presence_call_failed: {
    object: "inbox",
    fields: {},
    provoke: async (users) => {
      const { a, b } = users;
      await postedAndArchived(users);
      await posted(b, a);
      await stubOf(users).waitUntilReplicated(2);
      const inbox = await connectInbox(a);
      await interceptCalls(inboxOf(b), "follow", throwing);
      inbox.send({ type: "subscribe", peers: [b] });
    },
  },
} as const satisfies Faults;
