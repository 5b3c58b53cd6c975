import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { conversationKey } from "../../src/archive/conversation-key.ts";
import { conversationName } from "../../src/protocol/pair.ts";
import { env } from "./clients.ts";
import type { Device } from "./device.ts";
import { faultyD1, type FaultyD1 } from "./faulty-d1.ts";
import { pairUnderTest, type PairUnderTest } from "./pair-under-test.ts";
import {
  archived,
  archiveRows,
  archiveSummary,
  recordRows,
  summaryOf,
  type ConversationStub,
} from "./stored.ts";

let pair: PairUnderTest;
let faulty: FaultyD1;

beforeEach(() => {
  pair = pairUnderTest();
  faulty = faultyD1(env.DB, "well", 3);
});

afterEach(() => {
  faulty.restore();
});

async function post(nth: number): Promise<void> {
  const user = pair.users[nth % 2 === 0 ? 0 : 1];
  const response = await pair.call(user, "POST", "/messages", { id: `id-${nth}`, text: `text ${nth}` });
  expect(response.status).toBe(201);
}

async function archivedConversation(count: number): Promise<void> {
  for (let nth = 1; nth <= count; nth += 1) {
    await post(nth);
  }
  await archived(env, ...pair.users, count);
}

async function connected(user: string): Promise<Device> {
  const device = pair.device(user);
  await device.connect();
  return device;
}

/** D1 and the object agree, row for row, and the summary is true. */
async function expectAgreement(): Promise<void> {
  const rev = await settledRev();
  const rows = await recordRows(pair.stub);
  expect(rows.map((row) => row.seq)).toEqual(rows.map((_, index) => index + 1));
  expect(await archiveRows(env, ...pair.users)).toEqual(rows);
  const expected = { ...summaryOf(pair.users, rows, { a: 0, b: 0 }), rev };
  expect(await archiveSummary(env, ...pair.users)).toEqual(expected);
}

describe("an archive that was set back", () => {
  test("[AR4] is filled again with the next message", async () => {
    await archivedConversation(10);
    await setArchiveBack(4);
    await post(11);
    await expectAgreement();
    expect(await archiveRows(env, ...pair.users)).toHaveLength(11);
  });

  test("[AR4] is filled again when the object starts and somebody looks", async () => {
    await archivedConversation(10);
    await setArchiveBack(4);
    await evictDurableObject(pair.stub);
    await expectAgreement();
    expect(await archiveRows(env, ...pair.users)).toHaveLength(10);
  });

  test("[AR1][AR4] is filled again from the beginning where it lost the conversation", async () => {
    await archivedConversation(10);
    const key = await conversationKey(conversationName(...pair.users));
    await env.DB.batch([
      env.DB.prepare("DELETE FROM messages WHERE conversation = ?").bind(key),
      env.DB.prepare("DELETE FROM conversations WHERE id = ?").bind(key),
    ]);
    await post(11);
    await expectAgreement();
    expect(await archiveRows(env, ...pair.users)).toHaveLength(11);
  });

  test("[AR4][HI3] shows no hole while it is not filled yet", async () => {
    await archivedConversation(10);
    await setArchiveBack(4);
    for (let before = 1; before <= 11; before += 1) {
      const response = await pair.call(pair.users[0], "GET", `/messages?before=${before}&limit=3&rev=10`);
      const { messages } = await response.json<{ messages: { text: string }[] }>();
      const wanted = [before - 3, before - 2, before - 1].filter((seq) => seq >= 1);
      expect(messages.map((message) => message.text)).toEqual(wanted.map((seq) => `text ${seq}`));
    }
  });
});

describe("an object that was restored to an older state", () => {
  test("[AR5][RP4] takes the archive's messages back and resets its sockets", async () => {
    await archivedConversation(10);
    const device = await connected(pair.users[0]);
    const rowsBefore = await recordRows(pair.stub);
    await restore(pair.stub, 6);
    await pair.call(pair.users[1], "GET", "");
    await device.until(() => framesAfterReset(device).length >= 2);
    expect(framesAfterReset(device).slice(0, 2)).toMatchObject([
      { type: "reset" },
      { type: "ready", head: 10, you: pair.users[0] },
    ]);
    expect(await recordRows(pair.stub)).toEqual(rowsBefore);
    await expectAgreement();
    await expectSameView([device, await connected(pair.users[1])]);
  });

  test("[AR5][SE5] puts what only it has behind the archive's messages, and a retry of that finds it", async () => {
    await archivedConversation(10);
    const device = await connected(pair.users[0]);
    await restore(pair.stub, 6);
    faulty.mode = "down";
    // Six more take the places of four that the archive has, and two beyond.
    for (let nth = 11; nth <= 16; nth += 1) {
      await post(nth);
    }
    expect((await recordRows(pair.stub)).at(-1)).toMatchObject({ seq: 12, text: "text 16" });
    faulty.mode = "well";
    await expectAgreement();
    await device.until(() => framesAfterReset(device).length >= 2);
    const rows = await recordRows(pair.stub);
    expect(rows.map((row) => row.text)).toEqual(textsUpTo(16));
    expect(Math.min(...rows.slice(10).map((row) => row.rev))).toBeGreaterThan(12);
    const retry = { id: "id-16", text: "text 16" };
    const response = await pair.call(pair.users[0], "POST", "/messages", retry);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ seq: 16, rev: rows.at(-1)?.rev });
    await expectSameView([device, await connected(pair.users[1])]);
  });

  test("[AR5][RP3] resets a device whose cursor is of the history before", async () => {
    await archivedConversation(10);
    const device = await connected(pair.users[0]);
    await device.until(() => device.log.size === 10);
    device.disconnect();
    await restore(pair.stub, 3);
    await expectAgreement();
    await device.connect();
    expect(framesAfterReset(device)).toHaveLength(2);
    await expectSameView([device, await connected(pair.users[1])]);
  });

  test("[AR5] that lost everything goes on above the archive", async () => {
    await archivedConversation(5);
    await runInDurableObject(pair.stub, (_, { storage }) => {
      storage.sql.exec("DROP TABLE messages");
      storage.sql.exec("DROP TABLE state");
    });
    await evictDurableObject(pair.stub);
    await post(6);
    const rows = await recordRows(pair.stub);
    expect(rows.map((row) => row.text)).toEqual(textsUpTo(6));
    expect(rows.at(-1)?.rev).toBeGreaterThan(5);
    await expectAgreement();
  });

  test("[AR5] that lost everything while D1 is away loses neither side's messages", async () => {
    await archivedConversation(5);
    await runInDurableObject(pair.stub, (_, { storage }) => {
      storage.sql.exec("DROP TABLE messages");
      storage.sql.exec("DROP TABLE state");
    });
    await evictDurableObject(pair.stub);
    faulty.mode = "down";
    await post(6);
    expect((await recordRows(pair.stub)).map((row) => row.text)).toEqual(["text 6"]);
    faulty.mode = "well";
    await expectAgreement();
    expect((await recordRows(pair.stub)).map((row) => row.text)).toEqual(textsUpTo(6));
  });
});

async function setArchiveBack(rev: number): Promise<void> {
  const key = await conversationKey(conversationName(...pair.users));
  await env.DB.batch([
    env.DB.prepare("DELETE FROM messages WHERE conversation = ? AND seq > ?").bind(key, rev),
    env.DB.prepare(
      `UPDATE conversations SET rev = ?2, head = ?2, count_a = 0, last_text = 'old', last_at_ms = 0 WHERE id = ?1`,
    ).bind(key, rev),
  ]);
}

function textsUpTo(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `text ${index + 1}`);
}

function framesAfterReset(device: Device) {
  const reset = device.frames.findLastIndex((frame) => frame.type === "reset");
  return reset === -1
    ? []
    : device.frames.slice(reset).filter((frame) => frame.type === "reset" || frame.type === "ready");
}

/** Takes the newest messages out behind the object's back, as a restore of its storage does, and starts it again. */
async function restore(stub: ConversationStub, seq: number): Promise<void> {
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec("DELETE FROM messages WHERE seq > ?", seq);
  });
  await evictDurableObject(stub);
}

/** The revision once the object compared itself with D1, and D1 has it. */
async function settledRev(): Promise<number> {
  await runDurableObjectAlarm(pair.stub);
  await pair.stub.waitUntilReplicated(Number.MAX_SAFE_INTEGER);
  const { rev } = await pair.stub.summary(pair.users[0]);
  await archived(env, ...pair.users, rev);
  return rev;
}

async function expectSameView(devices: readonly Device[]): Promise<void> {
  await Promise.all(devices.map((device) => device.load()));
  const rows = await recordRows(pair.stub);
  for (const device of devices) {
    expect(device.texts).toEqual(rows.map((row) => row.text));
  }
}
