import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { conversationListSchema, type Summary } from "../../src/protocol/conversation-list.ts";
import { loadHistory } from "./history.ts";
import { InboxDevice } from "./inbox-device.ts";
import { freshPlace, liftedLimits, startWorker, type LocalWorker, type Place } from "./local-worker.ts";

let place: Place;
let worker: LocalWorker;

beforeAll(async () => {
  place = await freshPlace(liftedLimits);
  worker = await startWorker(place);
});

afterAll(async () => {
  await worker.kill();
  await place.remove();
});

const rounds = 60;

test("[IN3][IN6][IN7][SE2][SE5] on inbox sockets alone, through two power cuts, every device ends with every conversation whole", async () => {
  const name = randomUUID();
  const users = ["alice", "bob", "carol"].map((user) => `${user}-${name}`);
  const devices = await Promise.all(
    users.flatMap((user) => [deviceOf(user), deviceOf(user)]).map(async (device) => device),
  );
  await Promise.all(devices.map(({ device }) => device.connect()));
  let said = 0;
  for (let round = 1; round <= rounds; round += 1) {
    for (const { user, device } of devices) {
      for (const peer of users.filter((other) => other !== user)) {
        device.say(peer, `${user} ${round} ${said}`);
        said += 1;
      }
    }
    const [first] = devices;
    await first?.device.until("some acks", () => devices.some((one) => one.device.unacknowledged < 12));
    if (round === 20 || round === 40) {
      await worker.kill();
      await Promise.all(devices.map(({ device }) => device.until("cut off", () => !device.isOpen)));
      worker = await startWorker(place);
      await Promise.all(devices.map(({ device }) => device.connect()));
    }
  }
  // Three conversations share what six devices said to two peers each, all of a pair in one.
  const each = said / 3;
  for (const { user, device } of devices) {
    for (const peer of users.filter((other) => other !== user)) {
      await device.until(`${each} messages`, () => device.log(peer).length === each);
      const log = device.log(peer);
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
      expect(new Set(log.map(({ text }) => text)).size).toBe(each);
      expect(await loadHistory(place, user, peer, each)).toEqual(log);
    }
    await device.until("every ack", () => device.unacknowledged === 0);
    expect(device.faults).toEqual([]);
  }
  devices.forEach(({ device }) => device.close());
});

test("[LS1][IN3][MK5] the list over REST says what the devices were told: order, unread, totals", async () => {
  const name = randomUUID();
  const [alice, bob, carol] = ["alice", "bob", "carol"].map((user) => `${user}-${name}`) as [
    string,
    string,
    string,
  ];
  const [phone, bobs, carols] = await Promise.all(
    [alice, bob, carol].map(async (user) => (await deviceOf(user)).device),
  );
  if (phone === undefined || bobs === undefined || carols === undefined) {
    throw new Error("there are three devices");
  }
  await Promise.all([phone, bobs, carols].map((device) => device.connect()));
  bobs.say(alice, "one");
  bobs.say(alice, "two");
  await phone.until("two of Bob's", () => phone.summaries.get(bob)?.unread === 2);
  carols.say(alice, "three");
  await phone.until("Carol's", () => phone.summaries.get(carol)?.unread === 1);
  phone.read(bob, 1);
  await phone.until("one is read", () => phone.summaries.get(bob)?.unread === 1);
  const isWhole = ({ peer, head, unread }: Summary) => peer === bob && head === 2 && unread === 1;
  const list = await listOf(
    alice,
    ({ unread, conversations }) => unread.messages === 2 && conversations.some(isWhole),
  );
  expect(list.unread).toEqual({ messages: 2, conversations: 2 });
  expect(list.conversations).toEqual([phone.summaries.get(carol), phone.summaries.get(bob)].map(withoutType));
  [phone, bobs, carols].forEach((device) => device.close());
});

async function deviceOf(user: string): Promise<{ user: string; device: InboxDevice }> {
  return { user, device: new InboxDevice(place.url, await place.token(user)) };
}

/** The list, once the archive has what is waited for. */
async function listOf(
  user: string,
  isThere: (list: ReturnType<typeof conversationListSchema.parse>) => boolean,
) {
  const headers = { authorization: `Bearer ${await place.token(user)}` };
  for (;;) {
    const answer = await fetch(`${place.url}/v1/conversations`, { headers });
    const list = conversationListSchema.parse(await answer.json());
    if (isThere(list)) {
      return list;
    }
  }
}

function withoutType(summary: object | undefined) {
  return Object.fromEntries(Object.entries(summary ?? {}).filter(([key]) => key !== "type"));
}
