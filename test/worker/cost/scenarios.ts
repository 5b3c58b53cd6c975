import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { expect } from "vitest";
import { connect, controlledClock, env, rest, tokenFor, type Client } from "../clients.ts";
import { connectInbox, inboxOf, type InboxClient } from "../inbox-client.ts";
import { connectSocketIo, sessionOf } from "../socket-io-client.ts";
import { conversationOf } from "../stored.ts";
import type { Users } from "../by-hand.ts";

/** Something that people do, and of how many of it one run consists. */
export interface Scenario {
  readonly name: string;
  readonly count: number;
  /** Brings the two to where it begins, behind their first message, and answers what is counted. */
  readonly begin: (users: Users) => Promise<() => Promise<void>>;
}

const livelyMessages = 50;
const steadyMessages = 10;

/** With the first one at most ten: more are refused. */
const connectRounds = 4;
const idlePings = 4;
const pingsPerHour = 144;

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

async function onInboxes({ a, b }: Users): Promise<[InboxClient, InboxClient]> {
  const [alice, bob] = [await connectInbox(a), await connectInbox(b)];
  await alice.say(b, "first");
  await bob.first("message");
  await conversationOf(env, a, b).waitUntilReplicated(1);
  return [alice, bob];
}

async function onSockets({ a, b }: Users): Promise<[Client, Client]> {
  const [alice, bob] = [await connect(a, b), await connect(b, a)];
  await alice.say("first");
  await bob.first("message");
  await conversationOf(env, a, b).waitUntilReplicated(1);
  return [alice, bob];
}

/** All three objects hibernate, as ten seconds after the last event. */
async function asleep({ a, b }: Users): Promise<void> {
  await Promise.all(
    [conversationOf(env, a, b), inboxOf(a), inboxOf(b)].map((stub) => evictDurableObject(stub)),
  );
}

export const scenarios: readonly Scenario[] = [
  {
    name: "a message alone, both on inbox sockets",
    count: 1,
    begin: async (users) => {
      const [alice, bob] = await onInboxes(users);
      await asleep(users);
      return async () => {
        await alice.say(users.b, "hello");
        await bob.first("message", ({ message }) => message.seq === 2);
      };
    },
  },
  {
    name: "a message alone, both on conversation sockets",
    count: 1,
    begin: async (users) => {
      const [alice, bob] = await onSockets(users);
      await asleep(users);
      return async () => {
        await alice.say("hello");
        await bob.first("message", ({ message }) => message.seq === 2);
      };
    },
  },
  {
    name: "a lively chat on inbox sockets, messages quicker than D1",
    count: livelyMessages,
    begin: async (users) => {
      const [alice, bob] = await onInboxes(users);
      const { a, b } = users;
      return async () => {
        // Five of either are on their way at a time.
        for (let nth = 0; nth < livelyMessages; nth += 10) {
          await Promise.all(
            Array.from({ length: 5 }, () => [alice.say(b, "hello"), bob.say(a, "hello")]).flat(),
          );
        }
        await bob.first("message", ({ message }) => message.seq === livelyMessages + 1);
      };
    },
  },
  {
    name: "one of ten messages 150 ms apart, both on inbox sockets",
    count: steadyMessages,
    begin: async (users) => {
      const [alice, bob] = await onInboxes(users);
      return async () => {
        for (let nth = 0; nth < steadyMessages; nth += 1) {
          await Promise.all([alice.say(users.b, "hello"), pause(150)]);
        }
        await bob.first("message", ({ message }) => message.seq === steadyMessages + 1);
      };
    },
  },
  {
    name: "a message a second after another, both on inbox sockets",
    count: 1,
    begin: async (users) => {
      const [alice, bob] = await onInboxes(users);
      await pause(1_000);
      return async () => {
        await alice.say(users.b, "hello");
        await bob.first("message", ({ message }) => message.seq === 2);
      };
    },
  },
  {
    name: "a read mark over an inbox socket",
    count: 1,
    begin: async (users) => {
      const [alice, bob] = await onInboxes(users);
      await pause(1_000);
      return async () => {
        bob.send({ type: "read", peer: users.a, seq: 1 });
        await alice.first("read");
      };
    },
  },
  {
    name: "an hour idle on a native socket, a ping every 30 s",
    count: 1,
    begin: async (users) => {
      const [alice] = await onInboxes(users);
      await connect(users.b, users.a);
      await asleep(users);
      return async () => {
        for (let nth = 1; nth <= 120; nth += 1) {
          alice.sendRaw("ping");
          await alice.until(() => alice.pongs === nth, "pong");
        }
      };
    },
  },
  {
    name: "a reconnect of an inbox socket with nothing missed",
    count: 1,
    begin: async (users) => {
      const [, bob] = await onInboxes(users);
      // Whoever comes closely behind a message asks its conversation for more: one request.
      await pause(2_100);
      return async () => {
        bob.close(1000, "");
        await bob.closed();
        await connectInbox(users.b);
      };
    },
  },
  {
    name: "a reconnect of a conversation socket with nothing missed",
    count: 1,
    begin: async (users) => {
      const [, bob] = await onSockets(users);
      return async () => {
        bob.close(1000, "");
        await bob.closed();
        await connect(users.b, users.a, 1);
      };
    },
  },
  {
    name: "an older page of 50 messages",
    count: 1,
    begin: async (users) => {
      const [alice] = await onSockets(users);
      await Promise.all(Array.from({ length: 60 }, () => alice.say("hello")));
      await conversationOf(env, users.a, users.b).waitUntilReplicated(61);
      return async () => {
        const page = await rest(users.b, users.a, "GET", "/messages?before=56&limit=50&rev=61");
        expect(page.status).toBe(200);
        await page.text();
      };
    },
  },
  {
    name: "an hour idle on a Socket.IO connection, a ping every 25 s",
    count: idlePings / pingsPerHour,
    begin: async ({ a }) => {
      const letPass = controlledClock();
      const client = await connectSocketIo(a);
      const stub = sessionOf(await client.sid());
      return async () => {
        for (let ping = 1; ping <= idlePings; ping += 1) {
          letPass(3_600 / pingsPerHour);
          await evictDurableObject(stub);
          await runDurableObjectAlarm(stub);
          await client.until(() => client.pings === ping, "a ping");
        }
      };
    },
  },
  {
    name: "a CONNECT and its DISCONNECT on a Socket.IO session that stays",
    count: connectRounds,
    begin: async ({ a }) => {
      const client = await connectSocketIo(a);
      const packet = `40${JSON.stringify({ token: await tokenFor(a) })}`;
      client.send("41");
      return async () => {
        for (let round = 2; round <= connectRounds + 1; round += 1) {
          client.send(packet);
          await client.until(() => client.events("ready").length === round, "ready");
          client.send("41");
        }
      };
    },
  },
];
