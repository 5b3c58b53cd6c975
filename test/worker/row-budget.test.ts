import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { conversationKey } from "../../src/archive/conversation-key.ts";
import { conversationName } from "../../src/protocol/pair.ts";
import { pageSchema } from "../../src/protocol/rest.ts";
import { env } from "./clients.ts";
import { interceptD1 } from "./d1-calls.ts";
import { pairUnderTest, type PairUnderTest } from "./pair-under-test.ts";
import { meterRows, type RowMeter } from "./rows.ts";
import { archived, archiveRows } from "./stored.ts";

describe("rows written and read", () => {
  let pair: PairUnderTest;
  let meter: RowMeter;

  beforeEach(async () => {
    pair = pairUnderTest();
    meter = await meterRows(env.DB, pair.stub);
  });

  afterEach(() => {
    meter.restore();
  });

  async function sendOne(): Promise<void> {
    const [alice] = pair.users;
    await pair.call(alice, "POST", "/messages", { id: crypto.randomUUID(), text: "hello" });
    const { rev } = await pair.stub.summary(alice);
    await pair.stub.waitUntilReplicated(rev);
  }

  test("[CO1] the first message of a conversation also pays for its tables and the summary's indexes", async () => {
    const cost = await meter.cost(sendOne);
    expect(cost).toMatchObject({ objectWritten: 7, archiveWritten: 4 });
  });

  test("[CO1] a message alone writes one row in the object and two in D1, from the second on", async () => {
    await sendOne();
    for (let nth = 2; nth <= 5; nth += 1) {
      expect(await meter.cost(sendOne)).toMatchObject({ objectWritten: 1, archiveWritten: 2 });
    }
  });
  test("[CO1] a burst of 50 writes each message once on both sides and few summaries", async () => {
    await sendOne();
    const device = pair.device(pair.users[0]);
    await device.connect();
    const cost = await meter.cost(async () => {
      for (let nth = 1; nth <= 50; nth += 1) {
        device.send(`message ${nth}`);
      }
      await device.acknowledged();
      await pair.stub.waitUntilReplicated(51);
    });
    expect(cost.objectWritten).toBe(50);
    expect(cost.objectWritten + cost.archiveWritten).toBeLessThanOrEqual(50 * 2.2);
    expect(await archiveRows(env, ...pair.users)).toHaveLength(51);
  });

  test("[CO1][AR2] a flush that is repeated because its answer was lost writes no row again", async () => {
    await sendOne();
    let lost = 0;
    const giveBack = interceptD1(env.DB, async (call) => {
      await call();
      lost += 1;
      throw new Error("D1_ERROR: network connection lost");
    });
    const first = await meter.cost(() => sendOne().finally(giveBack));
    const repeat = await meter.cost(() => archived(env, ...pair.users, 2));
    expect(lost).toBeGreaterThan(0);
    expect(first.archiveWritten).toBe(2);
    expect(repeat.archiveWritten).toBe(0);
  });

  test("[CO1][MK3] a read mark writes one row in the object and one in D1, and none where it does not move", async () => {
    await sendOne();
    const [, bob] = pair.users;
    const reader = pair.device(bob);
    await reader.connect();
    const mark = () => pair.call(bob, "PUT", "/read", { seq: 1 });
    const moved = await meter.cost(async () => {
      await mark();
      await archived(env, ...pair.users, 1, { a: 0, b: 1 });
    });
    expect(moved).toMatchObject({ objectWritten: 1, archiveWritten: 1 });
    expect(await meter.cost(mark)).toMatchObject({ objectWritten: 0, archiveWritten: 0 });
  });

  test("[CO2] looking at an empty conversation writes nothing anywhere", async () => {
    const [alice, bob] = pair.users;
    const cost = await meter.cost(async () => {
      const device = pair.device(alice);
      await device.connect();
      await pair.call(alice, "GET", "/messages");
      await pair.call(bob, "GET", "/messages?before=10");
      await pair.call(bob, "GET", "");
      device.disconnect();
    });
    expect(cost).toMatchObject({ objectWritten: 0, archiveWritten: 0 });
  });

  test("[CO2][CO3] waking up and looking again writes nothing", async () => {
    const [alice] = pair.users;
    await sendOne();
    const device = pair.device(alice);
    await device.connect();
    const cost = await meter.cost(async () => {
      await evictDurableObject(pair.stub);
      await pair.call(alice, "GET", "");
      await pair.call(alice, "GET", "/messages");
      await pair.stub.waitUntilReplicated(1);
    });
    expect(cost).toMatchObject({ objectWritten: 0, archiveWritten: 0 });
  });

  test("[CO4][HI1] a page of 50 out of 20,000 messages reads at most 60 rows in D1 at any depth", async () => {
    const [alice] = pair.users;
    await fillArchive(pair.users, 20_000);
    const rev = await revOf(alice);
    for (const before of [20_001, 19_000, 10_000, 51, 20]) {
      for (const query of [`before=${before}`, `before=${before}&rev=${rev}`]) {
        let seqs: number[] = [];
        const cost = await meter.cost(async () => {
          const page = await pair.call(alice, "GET", `/messages?limit=50&${query}`);
          seqs = pageSchema.parse(await page.json()).messages.map((message) => message.seq);
        });
        expect(seqs.at(-1)).toBe(before - 1);
        expect(seqs).toHaveLength(Math.min(50, before - 1));
        expect(cost.archiveRead).toBeLessThanOrEqual(60);
        expect(cost).toMatchObject({ objectWritten: 0, archiveWritten: 0 });
      }
    }
  });

  // The object takes the archive's messages in first, as one that was restored does, and archives its new revision.
  async function revOf(user: string): Promise<number> {
    await pair.call(user, "GET", "/messages");
    const { rev } = await pair.stub.summary(user);
    await archived(env, ...pair.users, rev);
    return rev;
  }
});

/** Puts a long conversation straight into D1, every message by side `a`. */
async function fillArchive([a, b]: readonly [string, string], count: number): Promise<void> {
  const key = await conversationKey(conversationName(a, b));
  await env.DB.batch([
    env.DB.prepare(
      `WITH RECURSIVE numbers (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM numbers WHERE seq < ?2)
       INSERT INTO messages SELECT ?1, seq, seq, seq, 'a', 'id-' || seq, 'text ' || seq, seq, seq, NULL, NULL, NULL, NULL, NULL, NULL, NULL
       FROM numbers`,
    ).bind(key, count),
    env.DB.prepare(
      `INSERT INTO conversations VALUES (?1, ?2, ?3, ?4, ?4, 'a', 'text', ?4, ?4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL)`,
    ).bind(key, a, b, count),
  ]);
}
