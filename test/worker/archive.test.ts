import { afterEach, expect, test } from "vitest";
import { env } from "./clients.ts";
import type { Device } from "./device.ts";
import { faultyD1, type D1Mode, type FaultyD1 } from "./faulty-d1.ts";
import { pairUnderTest, type PairUnderTest } from "./pair-under-test.ts";
import { alarmOf, archived, archiveRows, archiveSummary, recordRows, summaryOf } from "./stored.ts";

const messageCount = 60;

let faulty: FaultyD1 | undefined;

afterEach(() => {
  faulty?.restore();
});

test.each<D1Mode>(["slow", "flaky", "down", "hanging"])(
  "[AR1][AR2][SE2][SE3][SE4] a conversation while D1 is %s has one order on all sockets, and D1 gets it row for row",
  { timeout: 60_000 },
  async (mode) => {
    faulty = faultyD1(env.DB, mode, 7);
    const pair = pairUnderTest();
    const devices = await converse(pair);
    const rows = await recordRows(pair.stub);
    for (const device of devices) {
      expect(device.messages).toEqual(devices[0].messages);
      expect(device.shown.map((message) => message.seq)).toEqual(rows.map((row) => row.seq));
      expectAcknowledgedAsShown(device);
    }
    expect(rows.map(({ seq, rev, text }) => ({ seq, rev, text }))).toEqual(
      devices[0].messages.map(({ seq, rev, text }) => ({ seq, rev, text })),
    );
    expect(faulty.disturbed()).toBeGreaterThan(0);
    faulty.mode = "well";
    const read = { a: 20, b: 33 };
    await archived(env, ...pair.users, messageCount, read);
    expect(await archiveRows(env, ...pair.users)).toEqual(rows);
    expect(await archiveSummary(env, ...pair.users)).toEqual(summaryOf(pair.users, rows, read));
    expect(await alarmOf(pair.stub)).toBeNull();
  },
);

/** Two devices of one user, one of the other, and REST, all talking at once; some waits in between make many turns. */
async function converse(pair: PairUnderTest): Promise<[Device, Device, Device]> {
  const [a, b] = pair.users;
  const devices: [Device, Device, Device] = [pair.device(a), pair.device(a), pair.device(b)];
  const [phone, laptop, peer] = devices;
  await Promise.all(devices.map((device) => device.connect()));
  const posted: Promise<Response>[] = [];
  for (let nth = 0; nth < messageCount / 4; nth += 1) {
    phone.send(`phone ${nth}`);
    peer.send(`peer ${nth} ${"é".repeat(nth * 20)}`);
    laptop.send(`laptop ${nth}`);
    const user = nth % 2 === 0 ? a : b;
    posted.push(pair.call(user, "POST", "/messages", { id: `rest-${nth}`, text: `rest ${nth}` }));
    if (nth % 3 === 0) {
      await phone.acknowledged();
    }
  }
  const answers = await Promise.all(posted);
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 201));
  await Promise.all(devices.map((device) => device.until(() => device.log.size === messageCount)));
  await Promise.all(devices.map((device) => device.acknowledged()));
  phone.read(20);
  peer.read(33);
  await laptop.until(() => laptop.frames.filter((frame) => frame.type === "read").length === 2);
  return devices;
}

function expectAcknowledgedAsShown(device: Device): void {
  const places = device.frames.flatMap((frame, place) => (frame.type === "ack" ? [{ frame, place }] : []));
  expect(places).toHaveLength(messageCount / 4);
  for (const { frame, place } of places) {
    const shownAt = device.frames.findIndex(
      (other) => other.type === "message" && other.message.id === frame.id,
    );
    expect(shownAt).toBeGreaterThanOrEqual(0);
    expect(shownAt).toBeLessThan(place);
    const { id, seq, rev, createdAt } = frame;
    expect(device.log.get(seq)).toMatchObject({ id, seq, rev, createdAt });
  }
}
