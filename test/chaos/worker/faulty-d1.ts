import { countFault, faultsNow, type D1Mode } from "./faults.ts";

/** How far replicas are behind while reads are stale. */
const lagMs = 1_500;
const pollMs = 50;

type Call = () => Promise<unknown>;
type Channel = (this: D1DatabaseSession, ...parameters: unknown[]) => Promise<unknown>;

/** Every statement and batch, of the database and of its sessions, goes through one of these, whichever transport workerd chose. */
const channels = ["_queryOrThrow", "_sendOrThrow"] as const;

/** Puts the faults around every call to D1. What is written to it reaches `replica`, where sessions read while reads are stale, after a while. */
export function installD1(database: D1Database, replica: D1Database): void {
  const prototype = Object.getPrototypeOf(database.withSession()) as Record<string, Channel>;
  const primary = new WeakSet<D1DatabaseSession>();
  const replicas = new WeakSet<D1DatabaseSession>();
  const open = database.withSession.bind(database);
  // Only the replicas' sessions are opened by name; the database's own calls use one of their own.
  database.withSession = (constraint) => {
    const isStale = faultsNow().d1 === "stale";
    const session = isStale ? replica.withSession(constraint) : open(constraint);
    replicas.add(session);
    if (isStale) {
      countFault("d1");
    }
    return session;
  };
  for (const channel of channels) {
    const original = prototype[channel];
    if (original === undefined) {
      throw new Error(`D1 has no ${channel} any more: find the new place where all its calls pass`);
    }
    prototype[channel] = async function intercepted(...parameters) {
      const call = () => original.apply(this, parameters);
      if (primary.has(this)) {
        return call();
      }
      const isReplica = replicas.has(this);
      const { d1, d1LateMs } = faultsNow();
      if (d1LateMs > 0) {
        await scheduler.wait(d1LateMs);
      }
      return behave[d1](async () => {
        const answer = await call();
        if (!isReplica) {
          const later = replica.withSession("first-primary");
          primary.add(later);
          void scheduler
            .wait(lagMs)
            .then(async () => original.apply(later, parameters))
            .catch(() => {});
        }
        return answer;
      });
    };
  }
}

const behave: Readonly<Record<D1Mode, (call: Call) => Promise<unknown>>> = {
  well: (call) => call(),
  slow: async (call) => {
    countFault("d1");
    await scheduler.wait(50 + Math.random() * 450);
    return call();
  },
  // Half of the failures lose only the answer: what was asked for happened.
  flaky: async (call) => {
    const luck = Math.random() * 6;
    if (luck >= 2) {
      return call();
    }
    countFault("d1");
    return luck < 1 ? fail() : call().then(fail);
  },
  down: async () => {
    countFault("d1");
    return fail();
  },
  // Long after its caller gave it up it happens all the same.
  hanging: async (call) => {
    countFault("d1");
    while (faultsNow().d1 === "hanging") {
      await scheduler.wait(pollMs);
    }
    return call();
  },
  stale: (call) => call(),
};

function fail(): never {
  throw new Error("D1_ERROR: network connection lost");
}
