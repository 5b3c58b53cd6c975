import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { ownSummarySchema } from "../../src/protocol/rest.ts";
import { seededRandom } from "../seeded-random.ts";
import { stubOf, type Users } from "./by-hand.ts";
import { connect, env, freshUsers, problemOf, rest } from "./clients.ts";
import { connectInbox } from "./inbox-client.ts";
import { archiveRows, archived, recordRows } from "./stored.ts";

const races = 100;
const ways = ["socket", "rest", "inbox"] as const;
type Way = (typeof ways)[number];

const text = (id: string) => `text of ${id}`;
const named = (frame: { type: string; code?: string }) => (frame.type === "ack" ? "stored" : frame.code);

/** Bob's three ways to his conversation with Alice; each answers what became of a send. */
async function waysOf({ a, b }: Users): Promise<Record<Way, (id: string) => Promise<string>>> {
  const [socket, inbox] = [await connect(b, a), await connectInbox(b)];
  return {
    socket: async (id) => named(await socket.say(text(id), { id })) ?? "nothing",
    inbox: async (id) => named(await inbox.say(a, text(id), { id })) ?? "nothing",
    rest: async (id) => {
      const response = await rest(b, a, "POST", "/messages", { id, text: text(id) });
      return response.ok ? "stored" : (await problemOf(response)).code;
    },
  };
}

async function setBlock({ a, b }: Users, method: "PUT" | "DELETE"): Promise<number> {
  const response = await rest(a, b, method, "/block");
  expect(response.status).toBe(200);
  return ownSummarySchema.parse(await response.json()).head;
}

type Ways = Awaited<ReturnType<typeof waysOf>>;

/** Nine sends over three ways with a block amid them, and three more behind its answer: how each ended, and the head that the block saw. */
async function race(users: Users, send: Ways, nth: number, random: () => number) {
  const under = new Map<string, Promise<string>>();
  const blockAt = Math.floor(random() * 9);
  let blocking: Promise<number> | undefined;
  for (let step = 0; step < 9; step += 1) {
    if (step === blockAt) {
      blocking = setBlock(users, "PUT");
    }
    const id = `m${nth}.${step}`;
    under.set(id, send[wayFor(step)](id));
    if (random() < 0.3) {
      await scheduler.wait(0);
    }
  }
  const head = (await blocking) ?? 0;
  for (const way of ways) {
    under.set(`m${nth}.${way}`, send[way](`m${nth}.${way}`));
  }
  return { head, ids: [...under.keys()], outcomes: await Promise.all(under.values()) };
}

function wayFor(nth: number): Way {
  return ways[nth % ways.length] ?? "rest";
}

test(
  "[BL1][BL2] in 100 races of a block against sockets, REST and inbox at once nothing of the blocked user is numbered after its answer",
  { timeout: 60_000 },
  async () => {
    const random = seededRandom(415);
    const users = freshUsers();
    const { a, b } = users;
    await rest(a, b, "POST", "/messages", { id: "first", text: "hello" });
    const send = await waysOf(users);
    const all: string[] = [];
    for (let nth = 0; nth < races; nth += 1) {
      const { head, ids, outcomes } = await race(users, send, nth, random);
      if (nth % 10 === 9) {
        await evictDurableObject(stubOf(users));
      }
      const rows = await recordRows(stubOf(users));
      expect(rows.filter(({ seq }) => seq > head)).toEqual([]);
      const stored = new Set(rows.map(({ id }) => id));
      const expected = ids.map((id) => (stored.has(id) ? "stored" : "blocked"));
      expect(outcomes).toEqual(expected);
      expect(await Promise.all(ids.map((id, place) => send[wayFor(place)](id)))).toEqual(expected);
      all.push(...expected);
      await setBlock(users, "DELETE");
    }
    for (const outcome of ["stored", "blocked"]) {
      expect(all.filter((one) => one === outcome).length).toBeGreaterThan(races);
    }
    const rows = await recordRows(stubOf(users));
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
    await archived(env, a, b, rows.length);
    expect(await archiveRows(env, a, b)).toEqual(rows);
  },
);
