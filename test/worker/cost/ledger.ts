import { AsyncLocalStorage } from "node:async_hooks";
import { runInDurableObject } from "cloudflare:test";
import { expect, onTestFinished } from "vitest";
import { app } from "../../../src/http/app.ts";
import type { Users } from "../by-hand.ts";
import { env } from "../clients.ts";
import { interceptD1 } from "../d1-calls.ts";
import { inboxOf } from "../inbox-client.ts";
import { meterRows, type Rows } from "../rows.ts";
import { conversationOf } from "../stored.ts";
import { Pending } from "./pending.ts";
import type { ForwardReply } from "../../../src/rpc/conversation.ts";

/** Everything that Cloudflare bills, as it was counted. */
export interface Ledger extends Rows {
  readonly workerRequests: number;
  /** Upgrades and calls that reached an object. */
  readonly requests: number;
  readonly alarms: number;
  /** Frames of clients that reached an object. */
  readonly socketMessages: number;
  /** Objects that started for an event. */
  readonly wakeUps: number;
  /** Calls to D1 that an object waited for, and calls by which an inbox waited for a conversation's. */
  readonly archiveWaits: number;
  /** Milliseconds of pauses between writes to D1, counted for each object that they keep awake. */
  readonly pausedMs: number;
}

type Method = (this: object, ...parameters: unknown[]) => unknown;
type Methods = Record<string, Method>;

/** The end of a socket is free of charge; what a session calls itself is no call. */
const unbilled = new Set([
  "constructor",
  "webSocketClose",
  "webSocketError",
  "createApplication",
  "forget",
  "onChanged",
  "namespaces",
  "hasApplication",
]);

/** Counts what `run` costs in all objects and the Worker, up to where nothing is under way any more. */
export type Cost = (run: () => Promise<void>) => Promise<Ledger>;

/** Counts from now on until the test is over. */
export async function openLedger({ a, b }: Users): Promise<Cost> {
  const counted = {
    workerRequests: 0,
    requests: 0,
    alarms: 0,
    socketMessages: 0,
    wakeUps: 0,
    archiveWaits: 0,
    pausedMs: 0,
    // What is written beside SQL: each value and each alarm is a row.
    objectWritten: 0,
  };
  const pending = new Pending();
  const inObject = new AsyncLocalStorage<true>();
  const awake = new WeakSet();
  const conversation = conversationOf(env, a, b);
  const rows = await meterRows(env.DB, conversation);
  onTestFinished(rows.restore);

  // What is called within a call that is counted is no further request.
  let waiting = 0;
  const waited: Waited = (wait) => {
    counted.archiveWaits += 1;
    waiting += 1;
    return inObject
      .run(true, () => pending.track(wait))
      .finally(() => {
        waiting -= 1;
      });
  };
  const session = env.SOCKETIO_SESSIONS.get(env.SOCKETIO_SESSIONS.newUniqueId());
  for (const stub of [conversation, inboxOf(a), session]) {
    for (const [methods, name] of await methodsOf(stub)) {
      wrap(methods, name, (object, call) => {
        counted[kindOf(name)] += 1;
        counted.wakeUps += awake.has(object) ? 0 : 1;
        counted.archiveWaits += name === "settled" ? 1 : 0;
        awake.add(object);
        const answer = inObject.run(true, () => pending.track(call));
        return name === "act" ? withCountedWait(answer as Promise<ForwardReply>, waited) : answer;
      });
    }
  }
  await wrapWrites(conversation, () => {
    counted.objectWritten += 1;
  });
  wrap(app as unknown as Methods, "fetch", (_, call) => {
    counted.workerRequests += 1;
    return pending.track(call);
  });
  wrap(scheduler as unknown as Methods, "wait", (_, call, [ms]) => {
    counted.pausedMs += inObject.getStore() === undefined ? 0 : Number(ms) * (1 + waiting);
    return pending.track(call);
  });
  const restore = interceptD1(env.DB, (call) => {
    counted.archiveWaits += inObject.getStore() === undefined ? 0 : 1;
    return pending.track(call);
  });
  onTestFinished(restore);

  return async (run) => {
    await quiet(pending);
    const before = { ...counted };
    const sql = await rows.cost(async () => {
      await run();
      await quiet(pending);
    });
    const other = minus(counted, before);
    return { ...sql, ...other, objectWritten: sql.objectWritten + other.objectWritten };
  };
}

/** What the platform and others can call, with where it is defined. */
async function methodsOf(stub: DurableObjectStub): Promise<(readonly [Methods, string])[]> {
  return runInDurableObject(stub, (object) => {
    const found: (readonly [Methods, string])[] = [];
    let methods = Object.getPrototypeOf(object) as Methods;
    // The classes of the platform's own end the chain.
    while (!Object.hasOwn(methods, "constructor") || methods["constructor"]?.name !== "DurableObject") {
      const names = Object.entries(Object.getOwnPropertyDescriptors(methods));
      const callable = names.filter(
        ([name, { value }]) => typeof value === "function" && !unbilled.has(name),
      );
      found.push(...callable.map(([name]) => [methods, name] as const));
      methods = Object.getPrototypeOf(methods) as Methods;
    }
    return found;
  });
}

function kindOf(name: string): "alarms" | "socketMessages" | "requests" {
  if (name === "alarm") {
    return "alarms";
  }
  return name === "webSocketMessage" ? "socketMessages" : "requests";
}

type Waited = (wait: () => Promise<void>) => Promise<void>;

async function withCountedWait(replying: Promise<ForwardReply>, waited: Waited): Promise<ForwardReply> {
  const { results, waitUntilReplicated } = await replying;
  return { results, waitUntilReplicated: (rev) => waited(() => waitUntilReplicated(rev)) };
}

async function wrapWrites(stub: DurableObjectStub, written: () => void): Promise<void> {
  const { storage, values } = await runInDurableObject(stub, (_, state) => ({
    storage: Object.getPrototypeOf(state.storage) as Methods,
    values: Object.getPrototypeOf(state.storage.kv) as Methods,
  }));
  for (const [owner, name] of [
    [storage, "setAlarm"],
    [values, "put"],
    [values, "delete"],
  ] as const) {
    wrap(owner, name, (_, call) => {
      written();
      return call();
    });
  }
}

/** Nothing is under way, and in six looks nothing began. */
async function quiet(pending: Pending): Promise<void> {
  let seen = -1;
  let calm = 0;
  const look = () => {
    calm = pending.count === 0 && pending.begun === seen ? calm + 1 : 0;
    seen = pending.begun;
    return calm;
  };
  await expect.poll(look, { interval: 5 }).toBeGreaterThanOrEqual(6);
}

type Around = (object: object, call: () => unknown, parameters: readonly unknown[]) => unknown;

function wrap(owner: Methods, name: string, around: Around): void {
  const original = owner[name];
  if (original === undefined) {
    throw new Error(`there is no ${name} any more: find the new place where it is to be counted`);
  }
  owner[name] = function counted(...parameters) {
    return around(this, () => original.apply(this, parameters), parameters);
  };
  onTestFinished(() => {
    owner[name] = original;
  });
}

function minus<Names extends string>(all: Record<Names, number>, some: Record<Names, number>) {
  const entries = Object.entries<number>(all).map(([name, value]) => [name, value - some[name as Names]]);
  return Object.fromEntries(entries) as Record<Names, number>;
}

/** The share of one of `count` equal parts. */
export function perOne(ledger: Ledger, count: number): Ledger {
  const entries = Object.entries(ledger).map(([name, value]) => [name, Number(value) / count]);
  return Object.fromEntries(entries);
}
