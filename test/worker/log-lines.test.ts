import { runInDurableObject } from "cloudflare:test";
import { expect, onTestFinished, test } from "vitest";
import { logEvents, type LogEventName } from "../../src/observability/log-events.ts";
import { stubOf } from "./by-hand.ts";
import { connect, freshUsers } from "./clients.ts";
import { connectInbox, inboxOf } from "./inbox-client.ts";
import { faultsOfClients } from "./line-faults/clients.ts";
import { faultsOfConversations } from "./line-faults/conversations.ts";
import { posted, throwing, type Fault } from "./line-faults/fault.ts";
import { logged } from "./logged.ts";
import { interceptCalls } from "./object-calls.ts";

/** A fault, or a step, for every line of the log: one that nothing writes does not compile. */
const faults: { readonly [Name in LogEventName]: Fault } = { ...faultsOfClients, ...faultsOfConversations };

const objectId = expect.any(String) as string;

test.each(Object.keys(logEvents) as LogEventName[])("[OP3] %s is written, with its fields", async (event) => {
  const { all } = logged();
  const { object, fields, provoke } = faults[event];
  const users = freshUsers();
  // What mends itself later would write lines into the log of another test.
  onTestFinished(() => runInDurableObject(stubOf(users), (_, { storage }) => storage.deleteAlarm()));
  await provoke(users);
  const place = object === "door" ? { object } : { object, objectId };
  await expect.poll(() => all(event)).toContainEqual({ event, ...place, ...fields });
});

test("[OP3][PR1] a conversation that cannot be asked whether its user is there is a line of the inbox", async () => {
  const { a, b } = freshUsers();
  await posted(a, b);
  await posted(b, a);
  await stubOf({ a, b }).waitUntilReplicated(2);
  await connect(b, a);
  await interceptCalls(stubOf({ a, b }), "hasSocket", throwing);
  const { all } = logged();
  const watcher = await connectInbox(a);
  watcher.send({ type: "subscribe", peers: [b] });
  expect(await watcher.first("presence")).toMatchObject({ peer: b, online: true });
  const { id } = inboxOf(b);
  expect(all("presence_call_failed")).toEqual([
    { event: "presence_call_failed", object: "inbox", objectId: id.toString() },
  ]);
});
