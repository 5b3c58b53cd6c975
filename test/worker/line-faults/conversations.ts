import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { onTestFinished, vi } from "vitest";
import { onArchive, stubOf, type Users } from "../by-hand.ts";
import { connect, controlledClock, deployWith, env } from "../clients.ts";
import { interceptD1 } from "../d1-calls.ts";
import { connectInbox, inboxOf } from "../inbox-client.ts";
import { interceptCalls } from "../object-calls.ts";
import { interceptSql } from "../object-storage.ts";
import { adminKey } from "../users.ts";
import { talked, verifyPart } from "../verifying.ts";
import { d1Down, posted, postedAndArchived, requestId, some, throwing, type Faults } from "./fault.ts";

/** Lets SQL of all objects fail that begins like this, while a socket says something. */
async function saidWhileSqlFails(users: Users, beginning: string): Promise<void> {
  const socket = await connect(users.a, users.b);
  await socket.say("before");
  await stubOf(users).waitUntilReplicated(1);
  const undo = await interceptSql(stubOf(users), (call, query) =>
    query.startsWith(beginning) ? throwing() : call(),
  );
  onTestFinished(undo);
  socket.send({ type: "send", id: "x", text: "hello" });
  await socket.until(() => socket.all("error").length > 0 || socket.end !== undefined, "a refusal");
  undo();
}

async function alarmBreaks(users: Users): Promise<void> {
  await postedAndArchived(users);
  const stub = stubOf(users);
  await evictDurableObject(stub);
  await runInDurableObject(stub, (_, { storage }) => storage.setAlarm(Date.now() + 60_000));
  d1Down();
  const undo = await interceptSql(stub, (call, query) => (query.startsWith("INSERT") ? throwing() : call()));
  onTestFinished(undo);
  await runDurableObjectAlarm(stub);
  undo();
}

/** Of conversations: their archive, their storage, and what reaches them. */
export const faultsOfConversations = {
  object_woken: {
    object: "conversation",
    fields: { sockets: 0 },
    provoke: async ({ a, b }) => {
      deployWith({ LOG_LINES: "all" });
      await connect(a, b);
    },
  },
  object_abandoned: {
    object: "conversation",
    fields: { reason: "commit_failed", sockets: 1 },
    provoke: (users) => saidWhileSqlFails(users, ""),
  },
  archive_flush_failed: {
    object: "conversation",
    fields: { fault: "unavailable", lag: 1, failingMs: 0 },
    provoke: async (users) => {
      await postedAndArchived(users);
      d1Down();
      await posted(users.a, users.b, "2");
    },
  },
  archive_slow: {
    object: "conversation",
    fields: { ms: some, lag: 1 },
    provoke: async ({ a, b }) => {
      const letPass = controlledClock();
      const restore = interceptD1(env.DB, async (call) => {
        letPass(3);
        return call();
      });
      onTestFinished(restore);
      await posted(a, b);
    },
  },
  archive_recovered: {
    object: "conversation",
    fields: { failingMs: some },
    provoke: async (users) => {
      const faulty = d1Down();
      await posted(users.a, users.b);
      await stubOf(users).waitUntilReplicated(1);
      faulty.mode = "well";
      await runDurableObjectAlarm(stubOf(users));
    },
  },
  archive_repaired: {
    object: "conversation",
    fields: { found: 1, remaining: 0 },
    provoke: async (users) => {
      deployWith({ ADMIN_KEY: adminKey });
      await talked(users, 3);
      await onArchive(users, "DELETE FROM messages WHERE conversation = ?1 AND seq = 2");
      await verifyPart(users, { repair: true });
    },
  },
  record_behind_archive: {
    object: "conversation",
    fields: { recordRev: 2, archiveRev: 3 },
    provoke: async (users) => {
      await talked(users, 3);
      const stub = stubOf(users);
      await runInDurableObject(stub, (_, { storage }) =>
        storage.sql.exec("DELETE FROM messages WHERE seq = 3"),
      );
      await evictDurableObject(stub);
      await stub.waitUntilReplicated(2);
    },
  },
  inbox_delivery_failed: {
    object: "conversation",
    fields: {},
    provoke: async ({ a, b }) => {
      await interceptCalls(inboxOf(b), "notify", throwing);
      await posted(a, b);
    },
  },
  quota_unchecked: {
    object: "conversation",
    fields: {},
    provoke: async ({ a, b }) => {
      await interceptCalls(inboxOf(a), "admitNewConversation", throwing);
      await posted(a, b);
    },
  },
  conversation_call_failed: {
    object: "inbox",
    fields: { tries: 3 },
    provoke: async (users) => {
      const inbox = await connectInbox(users.a);
      await interceptCalls(stubOf(users), "forward", throwing);
      inbox.send({ type: "send", peer: users.b, id: "1", text: "hello" });
    },
  },
  settling_abandoned: {
    object: "door",
    fields: { requestId, tries: 5 },
    provoke: async (users) => {
      const waiting = vi.spyOn(scheduler, "wait").mockResolvedValue();
      onTestFinished(() => waiting.mockRestore());
      await interceptCalls(stubOf(users), "waitUntilReplicated", throwing);
      await posted(users.a, users.b);
    },
  },
  commit_failed: {
    object: "conversation",
    fields: { error: "Error" },
    provoke: (users) => saidWhileSqlFails(users, ""),
  },
  write_failed: {
    object: "conversation",
    fields: { error: "Error" },
    provoke: (users) => saidWhileSqlFails(users, "INSERT INTO messages"),
  },
  alarm_failed: {
    object: "conversation",
    fields: { error: "Error" },
    provoke: alarmBreaks,
  },
} as const satisfies Faults;
