import { runInDurableObject } from "cloudflare:test";
import { describe, expect, onTestFinished, test } from "vitest";
import { env } from "./clients.ts";
import type { Device } from "./device.ts";
import { interceptSends, interceptSql, interceptTransactions } from "./object-storage.ts";
import { pairUnderTest, type PairUnderTest } from "./pair-under-test.ts";
import { archived, archiveRows, recordRows, type ConversationStub } from "./stored.ts";

/** Puts `strike` at each of a kind of step that a commit takes; it throws where the fault is. Returns the way back. */
type Steps = (stub: ConversationStub, strike: () => void) => Promise<() => void>;

const messagesEach = 3;

const everyStatement: Steps = (stub, strike) =>
  interceptSql(stub, (call) => {
    strike();
    return call();
  });

const everyTransactionsEnd: Steps = (stub, strike) =>
  interceptTransactions(stub, (run) => {
    const value = run();
    strike();
    return value;
  });

const everyFrame: Steps = async (_, strike) => interceptSends(strike);

/** The object dies at the step, as when its machine does: what was written in this turn is not confirmed yet. */
const everyFrameKilling: Steps = async (stub, strike) => {
  const kill = await runInDurableObject(stub, (_, state) => () => state.abort("killed by the test"));
  return interceptSends(() => {
    try {
      strike();
    } catch {
      kill();
    }
  });
};

describe.each([
  ["the first turn of a conversation", true],
  ["a later turn", false],
])(
  "[SE2][SE4][SE5] no acknowledged message is lost and none is shown that is not stored: in %s",
  (_, isFirst) => {
    test.each<[string, Steps, boolean]>([
      ["an SQL statement fails", everyStatement, false],
      ["SQL fails from a statement on", everyStatement, true],
      ["a transaction fails at its end", everyTransactionsEnd, false],
      ["transactions fail from one on", everyTransactionsEnd, true],
      ["a frame cannot be sent", everyFrame, false],
      ["frames cannot be sent from one on", everyFrame, true],
      ["the object is killed as it sends a frame", everyFrameKilling, false],
    ])("%s, whichever it is", { timeout: 30_000 }, async (__, steps, forGood) => {
      let nth = 0;
      let struck = true;
      while (struck) {
        nth += 1;
        struck = await surviveFault(steps, { nth, forGood, isFirst });
      }
      // A turn has one transaction, and one step of the other kinds at least for each message: else the fault was looked
      // for in the wrong place.
      const isTransaction = steps === everyTransactionsEnd;
      expect(nth).toBeGreaterThan(isTransaction ? 1 : 2 * messagesEach);
    });
  },
);

interface FaultPlace {
  readonly nth: number;
  readonly forGood: boolean;
  readonly isFirst: boolean;
}

/** Two devices talk at once, the fault strikes, both do what a client does, and all must agree. Answers whether it struck. */
async function surviveFault(steps: Steps, place: FaultPlace): Promise<boolean> {
  const pair = pairUnderTest();
  const devices = [pair.device(pair.users[0]), pair.device(pair.users[1])] as const;
  await Promise.all(devices.map((device) => device.connect()));
  if (!place.isFirst) {
    await beginConversation(pair, devices);
  }
  const fault = faultAt(place);
  const undo = await steps(pair.stub, fault.strike);
  onTestFinished(undo);
  for (let nth = 0; nth < messagesEach; nth += 1) {
    devices.forEach((device, index) => device.send(`device ${index}, message ${nth}`));
  }
  devices[0].read(1);
  await Promise.all(devices.map((device) => device.until(() => isAnswered(device))));
  undo();
  await Promise.all(devices.map((device) => converge(device, 2 * messagesEach + (place.isFirst ? 0 : 1))));
  await expectOneLog(pair, devices);
  return fault.struck();
}

async function beginConversation(
  pair: PairUnderTest,
  [one, other]: readonly [Device, Device],
): Promise<void> {
  one.send("before");
  await Promise.all([one.acknowledged(), other.until(() => other.log.size === 1)]);
  await pair.stub.waitUntilReplicated(1);
}

function faultAt({ nth, forGood }: FaultPlace) {
  let calls = 0;
  return {
    strike: () => {
      calls += 1;
      if (calls === nth || (forGood && calls > nth)) {
        throw new Error("a fault of the test's own");
      }
    },
    struck: () => calls >= nth,
  };
}

function isAnswered(device: Device): boolean {
  return !device.isOpen || [...device.outbox.keys()].every((id) => device.refused.has(id));
}

/** Connects again after a break or a refusal, with its cursor and its outbox, until it has everything. */
async function converge(device: Device, count: number): Promise<void> {
  const isDone = () => device.outbox.size === 0 && device.log.size === count;
  for (let tries = 0; !isDone(); tries += 1) {
    expect(tries).toBeLessThan(20);
    if (!device.isOpen || device.refused.size > 0) {
      device.disconnect();
      await device.connect();
    }
    await device.until(() => isDone() || !device.isOpen || device.refused.size > 0);
  }
}

async function expectOneLog(pair: PairUnderTest, devices: readonly Device[]): Promise<void> {
  const rows = await recordRows(pair.stub);
  expect(rows.map((row) => row.seq)).toEqual(rows.map((_, index) => index + 1));
  expect(new Set(rows.map((row) => row.text)).size).toBe(rows.length);
  const { read } = await pair.stub.summary(pair.users[0]);
  for (const device of devices) {
    expect(device.texts).toEqual(rows.map((row) => row.text));
    expect(device.notIn(rows)).toEqual([]);
    const toldRead = device.frames.some((frame) => frame.type === "read");
    expect(read.you).toBeGreaterThanOrEqual(toldRead ? 1 : 0);
  }
  await archived(env, ...pair.users, rows.length);
  expect(await archiveRows(env, ...pair.users)).toEqual(rows);
}
